import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { type Usage } from '../messages/message.interface.js';
import { type AttemptStatus } from '../messages/usage-report.js';
import { type ModelAnswer } from '../messages/model-request.interface.js';

/** How one physical request to the upstream ended. */
export interface AttemptOutcome {
  /** Counts from 1 within its step. */
  number: number;
  status: Exclude<AttemptStatus, 'pending'>;
  /** As reported by the vendor before the end; `null` when it reported nothing. */
  usage: Usage | null;
  /** Whole milliseconds, like `durationMs`; `null` when nothing came. */
  firstTokenMs: number | null;
  durationMs: number;
  errorCode: ErrorCode | null;
}

/** Records the attempts of a step. The caller that starts the step records the first one. */
export interface AttemptLedger {
  /** Records how an attempt ended and that `next` is about to leave; the router waits for it before it sends. */
  retrying(ended: AttemptOutcome, next: number): Promise<void>;
}

/** How a step ended: `error` is unset exactly when `answer` is whole. */
export interface StepOutcome {
  /** What came in the last attempt, up to the error if there was one: never half a tool call. */
  answer: ModelAnswer;
  /** The last attempt of the step. */
  attempt: AttemptOutcome;
  /** The last instruction to the model, as the user's, for a model that cannot be forced to call a tool. */
  asked?: string;
  /** What the reasoning in the answer was made under, where the model binds it to that. */
  prefixDigest?: string;
  error?: unknown;
}
