import { type RunEvent, type RunStatus } from './run-event.interface.js';

/**
 * An event with its place in the run, from 0 on.
 * @publicApi
 */
export type IndexedRunEvent = RunEvent & { readonly eventIndex: number };

/** Which events of a run to follow. */
export interface FollowOptions {
  /** The `eventIndex` of the last event that was seen; all that this process has by default. */
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
  /** Where the run stands, as far as this process knows: a parked run may continue by another object. */
  status(): Promise<RunStatus>;
  /** The events, one at a time, up to the end of the run or until it is parked. A slow reader slows only itself. */
  events(options?: FollowOptions): AsyncGenerator<IndexedRunEvent, void, undefined>;
  /**
   * The stored answer, as `ask()` returns it.
   * @throws what `ask()` throws, and an `AbortError` where the run was cancelled before it had an answer
   */
  result(): Promise<M>;
  /**
   * Cancels the run and resolves at its end: the upstream is closed, and the text so far is kept as a `cancelled` message.
   * A run that has ended or is parked is left as it is.
   */
  cancel(): Promise<void>;
}
