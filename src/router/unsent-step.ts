import { noUsage } from '../messages/usage.js';
import { type AttemptOutcome, type StepOutcome } from './attempt.interface.js';
import { codeOf } from './attempt.js';

/** The outcome of a step that failed before a request was sent: it has cost nothing. */
export function failedBeforeSend(error: unknown): StepOutcome {
  return {
    answer: { parts: [], finishReason: 'other', usage: noUsage },
    attempt: {
      number: 1,
      status: 'failed',
      usage: noUsage,
      firstTokenMs: null,
      durationMs: 0,
      errorCode: codeOf(error),
    },
    error,
  };
}

/** An attempt that was cancelled between its entry in the ledger and its request. */
export function cancelledBeforeSend(number: number): AttemptOutcome {
  return { number, status: 'cancelled', usage: noUsage, firstTokenMs: null, durationMs: 0, errorCode: null };
}
