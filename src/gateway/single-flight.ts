/** One piece of work that many callers wait for; it is aborted when the last of them has left. */
export class SingleFlight<T> {
  readonly result: Promise<T>;
  private readonly controller = new AbortController();
  private waiting = 0;

  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.result = start(this.controller.signal);
    // Errors surface through join(); this avoids an unhandled rejection when all callers have left.
    this.result.catch(() => undefined);
  }

  /** Whether all callers have left: the next one has to start again. */
  get isAbandoned(): boolean {
    return this.controller.signal.aborted;
  }

  /** Waits for the result; rejects with the reason of `signal` as soon as that aborts. */
  join(signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) {
      if (this.waiting === 0) this.controller.abort();
      return Promise.reject(signal.reason as Error);
    }
    this.waiting += 1;
    if (signal === undefined) return this.result;
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        reject(signal.reason as Error);
        this.waiting -= 1;
        if (this.waiting === 0) this.controller.abort();
      };
      const stay = () => {
        signal.removeEventListener('abort', leave);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.result.then(resolve, reject).then(stay, stay);
    });
  }
}
