import { type MessageRecord } from '../messages/message.interface.js';
import { type FinalState } from './final-events.js';
import { type RunStatus } from './run-event.interface.js';
import { type UnloggedEvents } from './run-log.interface.js';
import { type AnswerDraft, type EndedAttempt, type RunKey } from './run-progress.interface.js';

/** A run at its end, or as it is parked. */
export interface FinishRun extends FinalState, RunKey {
  answer: AnswerDraft | null;
  /** Of the answer; see `ModelMessage`. */
  prefixDigest: string | null;
  /** The run's last attempt, where it is not stored yet how that ended. */
  attempt: EndedAttempt | null;
  /** Goes into the log, and `endEvents` after it. */
  unlogged: UnloggedEvents;
  /** Messages that the answer replaces: they are kept, and no longer replayed. */
  supersedes: string[];
}

/** The end of a run, as it was stored. */
export interface FinishedRun {
  /** `null` when there was no answer to store. */
  answer: MessageRecord | null;
  /** Whether queued runs of the chat wait: the first one may begin now. */
  hasQueued: boolean;
  /** Whether the run was to be cancelled, as of its end. */
  isCancelRequested: boolean;
}

/** What a cancellation found. */
export interface Cancellation {
  /** As of before. */
  status: RunStatus;
  /** Whether the run has ended, or ends by this call; if not, the instance that works it has been told. */
  hasEnded: boolean;
}
