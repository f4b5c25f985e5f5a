import { setTimeout as delay } from 'node:timers/promises';
import { isPassing } from './database-failure.js';

/** How long a statement is sent again while a caller waits, in milliseconds. */
export const CALLER_PATIENCE_MS = 3_000;
/** Likewise, of a run: what a model has said must not be lost, since it cannot be asked again without cost. */
export const RUN_PATIENCE_MS = 60_000;

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;

/**
 * Sends a statement again and again while it fails for a passing reason.
 * @param isWorthIt which failures that are; by default all of them, so that the statement must be safe to run twice
 */
export async function resend<T>(
  send: (isResent: boolean) => Promise<T>,
  patienceMs: number = CALLER_PATIENCE_MS,
  isWorthIt: (error: unknown) => boolean = isPassing,
): Promise<T> {
  const until = performance.now() + patienceMs;
  for (let delayMs = FIRST_DELAY_MS, sent = 0; ; sent += 1, delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    try {
      return await send(sent > 0);
    } catch (error) {
      if (!isWorthIt(error) || performance.now() + delayMs > until) throw error;
      await delay(delayMs);
    }
  }
}
