import { type LiveRun, type RunEventBatch } from '../runs/live-run.js';
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

/** The first events of a followed run, held back, and those that follow. */
export interface HeldEvents {
  /** Whether the run failed before the first token. */
  hasFailed: boolean;
  batches: AsyncIterable<RunEventBatch>;
}

/** Likewise for a run that a follower receives. */
export async function heldEvents(
  followed: AsyncGenerator<RunEventBatch, void, undefined>,
  holdMs: number,
): Promise<HeldEvents> {
  const held: RunEventBatch[] = [];
  let coming: Promise<IteratorResult<RunEventBatch, void>> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, holdMs, undefined);
  });
  let first: RunEvent | undefined;
  try {
    while (first === undefined) {
      coming ??= followed.next();
      const next = await Promise.race([coming, timeUp]);
      if (next === undefined) break;
      coming = undefined;
      if (next.done) break;
      held.push(next.value);
      first = next.value.events.find(({ type }) => !BEFORE_FIRST_TOKEN.has(type));
    }
  } finally {
    clearTimeout(timer);
  }
  return { hasFailed: first?.type === 'error', batches: continued(held, coming, followed) };
}

async function* continued(
  held: readonly RunEventBatch[],
  coming: Promise<IteratorResult<RunEventBatch, void>> | undefined,
  followed: AsyncGenerator<RunEventBatch, void, undefined>,
): AsyncGenerator<RunEventBatch, void, undefined> {
  yield* held;
  const next = await coming;
  if (next && !next.done) yield next.value;
  yield* followed;
}
