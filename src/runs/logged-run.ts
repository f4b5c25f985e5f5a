import { type LiveRun } from './live-run.js';
import { type LoggedBatch, type UnloggedEvents } from './run-log.interface.js';

/** How far the log of a live run has come. The events themselves stay in the run. */
export class LoggedRun {
  private stored: number;
  /** Past `stored` while a batch is on its way, or may have got there: until that is known, it is sent again as it was. */
  private sent: number;

  constructor(
    readonly run: LiveRun,
    private readonly fence: number,
  ) {
    this.stored = run.firstIndex;
    this.sent = run.firstIndex;
  }

  get isUnsure(): boolean {
    return this.sent > this.stored;
  }

  /** The batch to send next, if there is anything to log. */
  next(): LoggedBatch | undefined {
    if (!this.isUnsure) this.sent = this.run.nextIndex;
    if (!this.isUnsure) return undefined;
    return { runId: this.run.id, fence: this.fence, ...this.run.batch(this.stored, this.sent) };
  }

  /** The batch that was sent is stored. */
  acknowledge(): void {
    this.stored = this.sent;
  }

  unlogged(): UnloggedEvents {
    return {
      sent: this.isUnsure ? this.run.batch(this.stored, this.sent) : undefined,
      fresh: this.run.batch(this.sent, this.run.nextIndex),
    };
  }
}
