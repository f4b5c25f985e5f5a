import { Logger } from '@nestjs/common';
import { withDeadline } from '../async/deadline.js';
import { safeError } from '../errors/safe-error.js';

/** No resource may hold up the end of the process for longer. */
const CLOSE_TIMEOUT_MS = 9_000;

/** What the server has opened so far, to be closed in the reverse order. */
export class OpenResources {
  private readonly closers: (() => Promise<unknown>)[] = [];
  private closing: Promise<void> | undefined;

  get isClosing(): boolean {
    return this.closing !== undefined;
  }

  /**
   * Takes note of a resource that has just been opened.
   * @throws Error when everything is being closed; the resource then is closed at once
   */
  async add(close: () => Promise<unknown>): Promise<void> {
    if (this.isClosing) {
      await close();
      throw new Error('The server was stopped while it started.');
    }
    this.closers.push(close);
  }

  /** Closes everything, within a bound; safe to call again. */
  close(): Promise<void> {
    this.closing ??= withDeadline(() => this.closeAll(), { ms: CLOSE_TIMEOUT_MS }).catch(() => undefined);
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    for (let close = this.closers.pop(); close !== undefined; close = this.closers.pop()) {
      await close().catch((error: unknown) => {
        new Logger('Server').error('Closing failed', safeError(error));
      });
    }
  }
}
