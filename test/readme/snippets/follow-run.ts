import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';

export async function* eventsOf(url: string) {
  let lastId = '';
  for (;;) {
    const headers = lastId === '' ? undefined : { 'last-event-id': lastId };
    const response = await fetch(url, { headers }).catch(() => undefined); // undefined: no server, for now
    if (response?.status === 204) return; // that was all
    if (response && response.status < 500 && !response.ok) throw new Error(await response.text());
    try {
      const body = response?.ok ? response.body : null;
      const events = body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()) ?? [];
      for await (const { id = lastId, event = '', data } of events) {
        lastId = id;
        yield { type: event, data: JSON.parse(data) as Record<string, unknown> };
      }
    } catch {
      // The connection broke: the next one continues after `lastId`, on whichever instance it reaches.
    }
    await sleep(1_000);
  }
}
