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
  const pulled: Promise<IteratorResult<RunEventBatch>>[] = [];
  const batches = { [Symbol.asyncIterator]: () => ({ next: () => pulled.shift() ?? iterator.next() }) };
  const timer = new Timer(holdMs);
  try {
    for (;;) {
      const next = iterator.next();
      pulled.push(next);
      const result = await Promise.race([next, timer.expired]);
      if (result === undefined || result.done === true) return { hasFailed: false, batches };
      const first = result.value.events.find(({ type }) => type !== 'run-start' && type !== 'message-start');
      if (first !== undefined) return { hasFailed: first.type === 'error', batches };
    }
  } finally {
    timer.clear();
  }
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
