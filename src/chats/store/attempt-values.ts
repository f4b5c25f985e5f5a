import { type EndedAttempt } from '../../runs/run-store.interface.js';

/** The parameters that end an attempt, in the order of `endAttempt`; its id comes first. Without one they end none. */
export function attemptValues(attempt: EndedAttempt | null): unknown[] {
  const outcome = attempt?.outcome;
  const usage = outcome?.usage;
  return [
    attempt?.id ?? null,
    outcome?.status ?? null,
    usage?.inputTokens ?? null,
    usage?.outputTokens ?? null,
    usage?.reasoningTokens ?? null,
    usage?.cacheReadTokens ?? null,
    usage?.cacheWriteTokens ?? null,
    outcome?.firstTokenMs ?? null,
    outcome?.durationMs ?? null,
    outcome?.errorCode ?? null,
  ];
}
