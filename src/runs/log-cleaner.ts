import { type Logger } from '@nestjs/common';
import { safeError } from '../errors/safe-error.js';
import { type RunLog } from './run-log.interface.js';

/** How long the events of a run are kept after its end. */
const KEPT_MS = 60 * 60_000;
const CLEAR_EVERY_MS = 10 * 60_000;

/** Clears away, now and then, the logs of runs that ended long ago. */
export class LogCleaner {
  private readonly timer: NodeJS.Timeout;
  private clearing: Promise<void> | undefined;
  private isStopped = false;

  constructor(
    private readonly log: RunLog,
    private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => {
      this.clearing ??= this.clear().finally(() => (this.clearing = undefined));
    }, CLEAR_EVERY_MS).unref();
  }

  stop(): void {
    this.isStopped = true;
    clearInterval(this.timer);
  }

  private async clear(): Promise<void> {
    try {
      while (!this.isStopped && (await this.log.clear(KEPT_MS)));
    } catch (error) {
      if (!this.isStopped) this.logger.warn(`Old events of runs were not cleared: ${safeError(error).message}`);
    }
  }
}
