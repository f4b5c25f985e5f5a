import { EventSource, type MessageEvent } from 'undici';

export function showAnswer(url: string, show: (text: string) => void): EventSource {
  const source = new EventSource(url); // …/chats/<id>/runs/<run id>/events
  const read = (event: Event) => JSON.parse((event as MessageEvent<string>).data) as { text: string; status: string };
  let text = '';
  const clear = () => {
    show((text = ''));
  };
  source.addEventListener('message-start', clear);
  source.addEventListener('reset', clear);
  source.addEventListener('text-delta', (event) => {
    show((text += read(event).text));
  });
  source.addEventListener('run-end', (event) => {
    if (read(event).status !== 'awaiting_approval') source.close();
  });
  return source;
}
