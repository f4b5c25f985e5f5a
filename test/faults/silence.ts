/** Twice the heartbeat, and more: a server that was stopped says nothing at all. */
const MAX_SILENCE_MS = 12_000;

/** Aborts a connection on which nothing comes for too long. */
export class Silence {
  private timer: NodeJS.Timeout;

  constructor(private readonly connection: AbortController) {
    this.timer = this.begin();
  }

  readonly touch = (): void => {
    clearTimeout(this.timer);
    this.timer = this.begin();
  };

  end(): void {
    clearTimeout(this.timer);
  }

  private begin(): NodeJS.Timeout {
    return setTimeout(() => {
      this.connection.abort();
    }, MAX_SILENCE_MS);
  }
}
