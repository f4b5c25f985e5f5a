import { type RunEvent, type RunStatus } from './run-event.interface.js';

/**
 * An event with its place in the run, from 0 on.
 * @publicApi
 */
export type IndexedRunEvent = RunEvent & { readonly eventIndex: number };

/** The largest index that an event may have. */
export const MAX_EVENT_INDEX = 2 ** 31 - 2;

/** Which events of a run to follow. */
export interface FollowOptions {
  /** The `eventIndex` of the last event that was seen; -1 for all events, by default. */
  after?: number;
  /** Ends the loop, not the run. */
  signal?: AbortSignal;
}

/**
 * One ask, from the user's message to the answer, while it works and after.
 * @typeParam M the message of the answer
 * @publicApi
 */
export interface Run<M = unknown> {
  readonly id: string;
  readonly chatId: string;
  /**
   * Where the run stands.
   * @throws ChatNotFoundError, RunNotFoundError
   */
  status(): Promise<RunStatus>;
  /**
   * The events, one at a time, up to the end of the run or until it is parked, wherever it works and after its end. A slow
   * reader slows only itself. A `reset` that corrects what the reader has, has the reader's own `after` as its index.
   * @throws ChatNotFoundError, RunNotFoundError, TooManyFollowersError
   */
  events(options?: FollowOptions): AsyncGenerator<IndexedRunEvent, void, undefined>;
  /**
   * The stored answer, as `ask()` returns it.
   * @throws what `ask()` throws, and an `AbortError` where the run was cancelled before it had an answer
   */
  result(): Promise<M>;
  /**
   * Cancels the run and resolves at its end: the upstream is closed, and the text so far is kept as a `cancelled` message.
   * The calls of a parked run are denied. A run that has ended is left as it is.
   */
  cancel(): Promise<void>;
}
