/** The time of a tool was over. */
export class TimeLimitError extends Error {}

/** The signal of one call: it follows another one, and aborts when the time is over. */
export class TimeLimit {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(
    ms: number,
    private readonly outer?: AbortSignal,
  ) {
    this.timer = setTimeout(() => {
      this.controller.abort(new TimeLimitError(`It did not answer within ${ms / 1_000} seconds.`));
    }, ms);
    outer?.addEventListener('abort', this.follow);
    if (outer?.aborted) this.follow();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** What the work comes to, or a rejection with the signal's reason; the work itself may go on, for nobody. */
  async race<T>(work: () => T | Promise<T>): Promise<T> {
    const { signal } = this;
    signal.throwIfAborted();
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
    const settled = (async () => await work())();
    return await Promise.race([settled, aborted]);
  }

  end(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener('abort', this.follow);
  }

  private readonly follow = (): void => {
    this.controller.abort(this.outer?.reason);
  };
}
