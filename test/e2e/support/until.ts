import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Waits until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 100_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`This did not happen within ${limitMs / 1_000} s: ${condition.toString()}`);
    await sleep(POLL_MS);
  }
}
