import { type Problem } from '../errors/problem.js';
import { type Usage } from '../messages/message.interface.js';
import { type RunStatus } from './run-event.interface.js';

/**
 * A run as it is stored, in the shape of the HTTP API. Times are ISO 8601 in UTC.
 * @publicApi
 */
export interface RunRecord {
  id: string;
  chatId: string;
  status: RunStatus;
  /** The Duo id of its model. */
  model: string;
  /** The message that it ended with, or is parked after; `null` while it works, and where it has none. */
  answerMessageId: string | null;
  /** Why it failed or was interrupted. */
  error: Problem | null;
  /** What its requests to the model have cost so far. */
  usage: Usage;
  /** Its place in the chat's queue, from 1; `null` unless it is queued. */
  position: number | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/** Which runs of a chat to list: newest first, at most `limit` (20 by default, 100 at most), from `cursor` on. */
export interface RunListOptions {
  status?: RunStatus;
  limit?: number;
  cursor?: string;
}
