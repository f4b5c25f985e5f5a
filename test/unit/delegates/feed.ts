import { readFileSync } from 'node:fs';
import { createParser } from 'eventsource-parser';
import { type Delegate } from '../../../src/delegates/delegate.interface.js';
import { type ModelAnswer, type ModelEvent, type ModelRequest } from '../../../src/messages/model-request.interface.js';

/** The `data` of every event of a recorded stream, such as `anthropic/text`. */
export function recorded(name: string): string[] {
  const data: string[] = [];
  const parser = createParser({ onEvent: (event) => data.push(event.data) });
  parser.feed(readFileSync(new URL(`../../fixtures/delegates/${name}.sse`, import.meta.url), 'utf8'));
  return data;
}

export interface Outcome {
  events: ModelEvent[];
  answer: ModelAnswer;
  isDone: boolean;
  /** What `push` threw, which ends the stream. */
  error: unknown;
}

/** Feeds the data of one stream, which answers a request, to a new parser. */
export function feed(delegate: Delegate, stream: readonly (string | object)[], request?: ModelRequest): Outcome {
  const parser = delegate.createParser(undefined, request);
  const events: ModelEvent[] = [];
  let error: unknown;
  try {
    for (const data of stream) parser.push(typeof data === 'string' ? data : JSON.stringify(data), events);
  } catch (thrown) {
    error = thrown;
  }
  return { events, answer: parser.answer(), isDone: parser.isDone, error };
}

/** The text that the deltas of one type add up to. */
export function spoken(events: readonly ModelEvent[], type: 'text-delta' | 'reasoning-delta'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}
