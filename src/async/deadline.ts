/** The time of some work was up before it settled. */
export class DeadlineError extends Error {
  constructor(ms: number) {
    super(`It did not answer within ${ms / 1_000} seconds.`);
  }
}

/**
 * Waits for what is under way already, up to a deadline in milliseconds; it continues after that.
 * @throws DeadlineError when the time is up, and what the work throws before
 */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineError(ms));
    }, ms);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** When to stop waiting for some work. */
export interface DeadlineOptions {
  /** How long the work may take, in milliseconds. */
  ms?: number;
  /** Ends the wait when it aborts. */
  signal?: AbortSignal;
  /** How long the work may still take to settle once its signal has aborted; without it the wait ends at once. */
  graceMs?: number;
}

/**
 * Waits for work, up to a deadline. The work gets a signal that aborts at the deadline; work that ignores it continues,
 * and its outcome is lost. Work whose signal has aborted before it starts is only started where it has a grace period.
 * @throws DeadlineError when the time is up, the reason of `signal` when that aborts, and what the work throws before
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => T | Promise<T>,
  { ms, signal: outer, graceMs }: DeadlineOptions,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const timers: NodeJS.Timeout[] = [];
  // A derived signal would stay with its source for as long as that lives.
  const follow = (): void => {
    controller.abort(outer?.reason);
  };
  try {
    const expired = new Promise<never>((_resolve, reject) => {
      const giveUp = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', () => {
        if (graceMs === undefined) giveUp();
        else timers.push(setTimeout(giveUp, graceMs));
      });
    });
    if (ms !== undefined) {
      timers.push(
        setTimeout(() => {
          controller.abort(new DeadlineError(ms));
        }, ms),
      );
    }
    if (outer?.aborted) follow();
    else outer?.addEventListener('abort', follow);
    if (signal.aborted && graceMs === undefined) return await expired;
    return await Promise.race([(async () => await work(signal))(), expired]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    outer?.removeEventListener('abort', follow);
  }
}
