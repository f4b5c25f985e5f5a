import { ValidationError } from '../errors/request.errors.js';
import { MAX_EVENT_INDEX } from '../runs/run.interface.js';
import { type HttpRequest } from './http.interface.js';

/** The last event that a reader has, by the id that it had on the wire. */
export interface LastEvent {
  runId: string;
  index: number;
  /** Whether it was the last event of a rebuilt stream. */
  isRebuiltEnd: boolean;
}

/**
 * The index of the last event of a rebuilt stream, as its id has it: with a zero before it, since a reader of the stream
 * as it was may have an event of that index in the middle of the run.
 */
export function rebuiltEndIndex(index: number): string {
  return `0${index}`;
}

/**
 * The `Last-Event-ID` of a request, which an `EventSource` sends when it connects again.
 * @throws ValidationError when it is not the id of an event
 */
export function lastEvent({ headers }: HttpRequest): LastEvent | undefined {
  const id = headers['last-event-id'];
  if (id === undefined || id === '') return undefined;
  const [, runId, digits] = /^([\da-f-]{36}):(\d{1,10})$/i.exec(String(id)) ?? [];
  const index = Number(digits);
  if (runId !== undefined && index <= MAX_EVENT_INDEX) {
    return { runId: runId.toLowerCase(), index, isRebuiltEnd: digits !== String(index) };
  }
  throw new ValidationError('Last-Event-ID must be the id of an event, <runId>:<index>: pass it on unchanged.');
}
