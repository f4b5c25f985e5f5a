import { createParser } from 'eventsource-parser';

/** A server-sent event as it came. */
export interface ReceivedEvent {
  id: string | undefined;
  type: string | undefined;
  data: Record<string, unknown>;
}

/**
 * The events of a response as they come.
 * @param onBytes called for all that comes, heartbeats included
 */
export async function* readEvents(
  response: Response,
  onBytes?: () => void,
): AsyncGenerator<ReceivedEvent, void, undefined> {
  if (response.body === null) throw new Error('The response has no body');
  const events: ReceivedEvent[] = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      events.push({ id, type: event, data: JSON.parse(data) as Record<string, unknown> });
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    onBytes?.();
    parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
    yield* events.splice(0);
  }
}
