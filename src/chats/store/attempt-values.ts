import { type AttemptOutcome } from '../../router/attempt.interface.js';

/** The parameters that end an attempt, in the order of `endAttempt`; its id comes first. */
export function attemptValues(id: string, attempt: AttemptOutcome): unknown[] {
  const { usage } = attempt;
  return [
    id,
    attempt.status,
    usage?.inputTokens ?? null,
    usage?.outputTokens ?? null,
    usage?.reasoningTokens ?? null,
    usage?.cacheReadTokens ?? null,
    usage?.cacheWriteTokens ?? null,
    attempt.firstTokenMs,
    attempt.durationMs,
    attempt.errorCode,
  ];
}
