import { Injectable, Logger } from '@nestjs/common';
import { ServerBusyError } from '../errors/request.errors.js';
import { safeError } from '../errors/safe-error.js';

const RETRY_AFTER_MS = 1_000;

/** The work of this process that it must not leave half done: begins, runs, and what follows them. */
@Injectable()
export class OpenWork {
  private readonly logger = new Logger(OpenWork.name);
  private readonly open = new Set<Promise<unknown>>();
  private hasStopped = false;

  /** Whether the process takes no new asks any more. */
  get isStopping(): boolean {
    return this.hasStopped;
  }

  /** Takes no asks from now on. */
  stop(): void {
    this.hasStopped = true;
  }

  /** @throws ServerBusyError */
  mustNotStop(): void {
    if (this.hasStopped) throw serverBusy('The server is stopping and takes no new asks.');
  }

  /** Counts work as open until it has settled; its failure is its caller's. */
  track(work: Promise<unknown>): void {
    this.open.add(work);
    const forget = (): void => {
      this.open.delete(work);
    };
    work.then(forget, forget);
  }

  /**
   * Tracks work that has no caller: the next sweep repeats it.
   * @param failure what the log says where it fails
   */
  background(work: Promise<unknown>, failure: string): void {
    this.track(
      work.catch((error: unknown) => {
        if (!this.hasStopped) this.logger.warn(`${failure}: ${safeError(error).message}`);
      }),
    );
  }

  /** Waits until no work is open. A begin that is under way becomes a run, so more may open meanwhile. */
  async ended(): Promise<void> {
    while (this.open.size > 0) await Promise.allSettled(this.open);
  }
}

/** The error of an ask that may be repeated soon. */
export function serverBusy(reason: string): ServerBusyError {
  return new ServerBusyError(`${reason} Ask again in a moment.`, { isRetryable: true, retryAfterMs: RETRY_AFTER_MS });
}
