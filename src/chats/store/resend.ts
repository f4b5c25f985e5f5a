import { setTimeout as delay } from 'node:timers/promises';
import { isPassing } from './database-failure.js';

/** For how long a statement is sent again while a caller waits, in milliseconds. */
export const CALLER_PATIENCE_MS = 3_000;
/** Likewise for a run, which outlasts a restart of the database: asking the model again would cost money. */
export const RUN_PATIENCE_MS = 300_000;

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;

/**
 * Sends a statement again and again while it fails for a passing reason.
 * @param isWorthIt for which failures; by default all passing ones, which requires a statement that is safe to run twice
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
