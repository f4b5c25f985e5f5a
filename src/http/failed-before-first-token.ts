import { type LiveRun } from '../runs/live-run.js';
import { type RunEvent } from '../runs/run-event.interface.js';

/** The events that can come before the model's first token. */
const BEFORE_FIRST_TOKEN = new Set<RunEvent['type']>(['run-start', 'message-start', 'part-rejected']);

/**
 * Waits until the model's first token has come, the run has ended, or `holdMs` have passed; `signal` ends the wait.
 * @returns whether the run failed before the first token
 */
export async function failedBeforeFirstToken(run: LiveRun, holdMs: number, signal: AbortSignal): Promise<boolean> {
  let first: RunEvent | undefined;
  await new Promise<void>((resolve) => {
    let seen = run.firstIndex;
    const stop = (): void => {
      clearTimeout(timer);
      unwatch();
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const look = (): void => {
      first = run.batch(seen, run.nextIndex).events.find(({ type }) => !BEFORE_FIRST_TOKEN.has(type));
      seen = run.nextIndex;
      if (first !== undefined || run.isEnded) stop();
    };
    const timer = setTimeout(stop, holdMs);
    const unwatch = run.watch(look);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    else look();
  });
  return first?.type === 'error';
}
