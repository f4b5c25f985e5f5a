import { setTimeout as sleep } from 'node:timers/promises';
import { ServerBusyError } from '../errors/request.errors.js';

/** The waits of the steps that will be tried again. */
export class RetryDelays {
  private readonly open = new Set<AbortController>();
  private isClosed = false;

  /**
   * Waits.
   * @throws ServerBusyError as soon as the application closes; the reason of `signal` as soon as that aborts
   */
  async wait(delayMs: number, signal?: AbortSignal): Promise<void> {
    const end = new AbortController();
    const leave = () => {
      end.abort(signal?.reason);
    };
    signal?.addEventListener('abort', leave, { once: true });
    this.open.add(end);
    if (signal?.aborted) leave();
    else if (this.isClosed) end.abort(closing());
    try {
      await sleep(delayMs, undefined, { signal: end.signal });
    } catch {
      throw end.signal.reason;
    } finally {
      this.open.delete(end);
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Ends every wait, now and from now on. */
  close(): void {
    this.isClosed = true;
    for (const end of this.open) end.abort(closing());
  }
}

function closing(): ServerBusyError {
  return new ServerBusyError('The application is shutting down. Ask again when it is back.');
}
