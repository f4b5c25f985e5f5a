import { readEvents, type ReceivedEvent } from './event-reader.js';

/** The place of an event in its run, by the id on the wire. */
export function indexOf(event: ReceivedEvent | undefined): number {
  return Number(event?.id?.split(':')[1]);
}

/** What a reader shows after these events: the text of each message, as far as nothing takes it back. */
export function shownTexts(events: readonly ReceivedEvent[]): string[] {
  const texts = new Map<unknown, string>();
  let current: unknown;
  for (const { type, data } of events) {
    if (type === 'message-start') texts.set((current = data.messageId), '');
    else if (type === 'text-delta') texts.set(current, `${texts.get(current) ?? ''}${String(data.text)}`);
    else if (type === 'reset') texts.set(data.messageId, '');
  }
  return [...texts.values()];
}

/** Follows the runs of one chat, as a client that knows nothing of the server's code. */
export class RunClient {
  constructor(
    private readonly url: string,
    private readonly chatId: string,
  ) {}

  get(path: string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    return fetch(`${this.url}/chats/${this.chatId}/${path}`, { headers, signal });
  }

  /** Opens the events after an index, which the query or the header gives. */
  follow(runId: string, after = -1, by: 'query' | 'header' = 'query', signal?: AbortSignal): Promise<Response> {
    const isFirst = after < 0;
    if (by === 'query') return this.get(`runs/${runId}/events${isFirst ? '' : `?after=${after}`}`, {}, signal);
    return this.get(`runs/${runId}/events`, isFirst ? {} : { 'last-event-id': `${runId}:${after}` }, signal);
  }

  /** The events after an index, to the end of the stream. */
  async eventsAfter(runId: string, after = -1, by: 'query' | 'header' = 'query'): Promise<ReceivedEvent[]> {
    const response = await this.follow(runId, after, by);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    const events: ReceivedEvent[] = [];
    for await (const event of readEvents(response)) events.push(event);
    return events;
  }

  /** Reads like an `EventSource`, which connects again until the answer is a 204; `limit` events of each connection. */
  async readAsEventSource(runId: string, limit: number): Promise<{ events: ReceivedEvent[]; statuses: number[] }> {
    const events: ReceivedEvent[] = [];
    const statuses: number[] = [];
    for (let lastId: string | undefined; ;) {
      const leaving = new AbortController();
      const response = await this.get(
        `runs/${runId}/events`,
        { accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) },
        leaving.signal,
      );
      statuses.push(response.status);
      if (response.status !== 200) return { events, statuses };
      let read = 0;
      for await (const event of readEvents(response)) {
        events.push(event);
        lastId = event.id ?? lastId;
        if (++read === limit) break;
      }
      leaving.abort();
    }
  }
}
