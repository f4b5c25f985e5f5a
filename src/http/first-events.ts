import { type RunEventBatch } from '../runs/live-run.js';

/** The events of a run, of which the first have been looked at already. */
export interface BegunEvents {
  /** The run failed before the model said anything. */
  hasFailed: boolean;
  /** Every event from the first on. */
  batches: AsyncIterable<RunEventBatch>;
}

/** Waits until the model has said something, the run has ended, or `holdMs` have passed. */
export async function firstEvents(source: AsyncIterable<RunEventBatch>, holdMs: number): Promise<BegunEvents> {
  const iterator = source[Symbol.asyncIterator]();
  const held: RunEventBatch[] = [];
  const timer = new Timer(holdMs);
  let next = iterator.next();
  try {
    for (;;) {
      const result = await Promise.race([next, timer.expired]);
      if (result === undefined || result.done === true) break;
      held.push(result.value);
      next = iterator.next();
      const first = result.value.events.find(({ type }) => type !== 'run-start' && type !== 'message-start');
      if (first !== undefined) return { hasFailed: first.type === 'error', batches: replay(held, next, iterator) };
    }
    return { hasFailed: false, batches: replay(held, next, iterator) };
  } finally {
    timer.clear();
  }
}

async function* replay(
  held: RunEventBatch[],
  next: Promise<IteratorResult<RunEventBatch>>,
  iterator: AsyncIterator<RunEventBatch>,
): AsyncGenerator<RunEventBatch, void, undefined> {
  yield* held;
  for (let result = await next; result.done !== true; result = await iterator.next()) yield result.value;
}

class Timer {
  private timer: NodeJS.Timeout | undefined;
  readonly expired: Promise<undefined>;

  constructor(ms: number) {
    this.expired = new Promise((resolve) => {
      this.timer = setTimeout(() => {
        resolve(undefined);
      }, ms);
    });
  }

  clear(): void {
    clearTimeout(this.timer);
  }
}
