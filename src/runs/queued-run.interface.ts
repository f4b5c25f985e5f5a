import { type RequestKey } from './request-key.interface.js';
import { type RunInput } from './run-options.js';

/** A run that waits until the runs before it have ended. */
export interface EnqueueRun {
  runId: string;
  requestKey: RequestKey | null;
  /** The model of this run alone. */
  model: string | null;
  /** The names of the tools of this run alone. */
  tools: readonly string[] | null;
  input: RunInput;
  /** Whether it goes before all other queued runs. */
  isFirst: boolean;
  /** How many runs the chat may queue; not counted where `isFirst`. */
  maxQueued: number;
  /** How many running and queued runs the owner may have, this one included. */
  maxOwnerRuns: number;
}

/** Where a queued run stands. */
export interface Enqueued {
  /** Its place in the queue, from 1. */
  position: number;
  /** The run that was active then; `null` for none. */
  activeRunId: string | null;
}

/** The first queued run of a chat, as its begin needs it. */
export interface QueuedRun {
  id: string;
  tools: readonly string[] | null;
  input: RunInput;
}
