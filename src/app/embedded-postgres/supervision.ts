import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { safeError } from '../../errors/safe-error.js';
import { type Ownership } from './ownership.js';

/** How often a server is started again that does not stay, before that is given up. */
const MAX_RESTARTS = 5;
const FIRST_DELAY_MS = 1_000;
/** A server that has run for this long stays: what ends it then is another matter. */
const STEADY_MS = 60_000;

/** Starts a server again, on the port that its clients know, until it is owned or the signal aborts. */
type StartAgain = (port: number, signal: AbortSignal) => Promise<Ownership>;

/** Keeps a server running whose end was not asked for: it was killed, or its memory was taken from it. */
export class Supervision {
  private readonly logger = new Logger('EmbeddedPostgres');
  private readonly stopping = new AbortController();
  private restarting: Promise<void> | undefined;
  private restarts = 0;

  constructor(
    private ownership: Ownership,
    private readonly startAgain: StartAgain,
  ) {
    this.watch();
  }

  /** Ends the supervision, and what it is about. @returns the last owner, whose server is the caller's to stop */
  async stop(): Promise<Ownership> {
    this.stopping.abort();
    await this.restarting;
    return this.ownership;
  }

  /** The connection that owns the server ends with it. */
  private watch(): void {
    const since = performance.now();
    this.ownership.client.once('end', () => {
      if (this.stopping.signal.aborted) return;
      if (performance.now() - since > STEADY_MS) this.restarts = 0;
      this.restarting = this.restart();
    });
  }

  private async restart(): Promise<void> {
    const { signal } = this.stopping;
    const { port } = this.ownership;
    this.logger.warn('The embedded PostgreSQL has ended unasked: it is being started again.');
    let failure: unknown;
    while (this.restarts < MAX_RESTARTS && !signal.aborted) {
      const delayMs = this.restarts === 0 ? 0 : FIRST_DELAY_MS * 2 ** (this.restarts - 1);
      this.restarts += 1;
      try {
        await sleep(delayMs, undefined, { signal });
        this.ownership = await this.startAgain(port, signal);
        this.watch();
        this.logger.warn('The embedded PostgreSQL runs again.');
        return;
      } catch (error) {
        failure = error;
      }
    }
    if (signal.aborted) return;
    const reason = failure === undefined ? '' : ` ${safeError(failure).message}`;
    this.logger.error(`The embedded PostgreSQL does not stay up: restart the server, or set DATABASE_URL.${reason}`);
  }
}
