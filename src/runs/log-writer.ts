import { type Logger } from '@nestjs/common';
import { within } from '../async/deadline.js';
import { DatabaseUnavailableError } from '../errors/chat.errors.js';
import { safeError } from '../errors/safe-error.js';
import { type LiveRun } from './live-run.js';
import { LoggedRun } from './logged-run.js';
import { type LoggedBatch, type RunLog, type UnloggedEvents } from './run-log.interface.js';

/** How often the events of live runs are logged. */
const TICK_MS = 1_000;
/** Likewise of those that are followed on another instance. */
const FOLLOWED_TICK_MS = 100;
/** How long the end of a run waits for the tick that is under way. */
const LAST_TICK_TIMEOUT_MS = 2_000;

/** The log of one live run. */
export interface OpenLog {
  /** Logs no more of the run; safe to call again. What is not in the log by then is for the run's end to store. */
  close(): Promise<UnloggedEvents>;
}

/** Writes the events of all live runs to one log, together, tick by tick. While no run is live it does nothing. */
export class LogWriter {
  private readonly runs = new Map<string, LoggedRun>();
  /** The runs that are followed on another instance. */
  private followed: ReadonlySet<string> = new Set();
  /** When all runs were logged last. */
  private tickedAt = 0;
  private timer: NodeJS.Timeout | undefined;
  /** When the timer is due. */
  private dueAt = 0;
  private ticking: Promise<void> | undefined;
  private isFailing = false;

  constructor(
    private readonly log: RunLog,
    private readonly logger: Logger,
  ) {}

  open(run: LiveRun, fence: number): OpenLog {
    const logged = new LoggedRun(run, fence);
    if (this.runs.size === 0) this.tickedAt = performance.now();
    this.runs.set(run.id, logged);
    this.schedule();
    return { close: () => this.close(logged) };
  }

  /** From now on the events of these runs, and of no others, are logged ten times as often. */
  setFollowed(runIds: ReadonlySet<string>): void {
    this.followed = runIds;
    if (!this.hasFollowed || this.dueAt <= performance.now() + FOLLOWED_TICK_MS) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.schedule();
  }

  stop(): void {
    this.runs.clear();
    clearTimeout(this.timer);
  }

  private async close(logged: LoggedRun): Promise<UnloggedEvents> {
    this.runs.delete(logged.run.id);
    if (this.runs.size === 0) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
    const { ticking } = this;
    if (logged.isUnsure && ticking) {
      await within(ticking, LAST_TICK_TIMEOUT_MS).catch(() => undefined);
    }
    return logged.unlogged();
  }

  private schedule(): void {
    if (this.timer !== undefined || this.ticking !== undefined || this.runs.size === 0) return;
    const waitMs = this.nextTickMs();
    this.dueAt = performance.now() + waitMs;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.ticking = this.tick().finally(() => {
        this.ticking = undefined;
        this.schedule();
      });
    }, waitMs).unref();
  }

  private get hasFollowed(): boolean {
    return [...this.followed].some((runId) => this.runs.has(runId));
  }

  private nextTickMs(): number {
    const leftMs = Math.max(0, this.tickedAt + TICK_MS - performance.now());
    return this.hasFollowed ? Math.min(FOLLOWED_TICK_MS, leftMs) : leftMs;
  }

  private async tick(): Promise<void> {
    const isForAll = performance.now() - this.tickedAt >= TICK_MS - 1;
    if (isForAll) this.tickedAt = performance.now();
    const runs = new Map([...this.runs].filter(([runId]) => isForAll || this.followed.has(runId)));
    const batches = [...runs.values()].map((logged) => logged.next()).filter((batch) => batch !== undefined);
    if (batches.length > 0) this.isFailing = !(await this.send(batches, runs));
  }

  /**
   * Sends the batches at once; where that fails, and not for want of a database, half by half, down to the one at fault.
   * A run that has lost its fence is stopped: its end will find nothing to write.
   */
  private async send(batches: readonly LoggedBatch[], runs: ReadonlyMap<string, LoggedRun>): Promise<boolean> {
    try {
      const stored = await this.log.append(batches);
      for (const { runId } of batches) {
        const logged = runs.get(runId);
        if (stored.has(runId)) logged?.acknowledge();
        else if (logged && this.runs.delete(runId)) logged.run.stop('released');
      }
      return true;
    } catch (error) {
      if (batches.length === 1 || error instanceof DatabaseUnavailableError) {
        this.warn(error);
        return false;
      }
      const middle = Math.ceil(batches.length / 2);
      const first = await this.send(batches.slice(0, middle), runs);
      const second = await this.send(batches.slice(middle), runs);
      return first && second;
    }
  }

  private warn(error: unknown): void {
    if (!this.isFailing) this.logger.warn(`Events of runs were not logged: ${safeError(error).message}`);
    this.isFailing = true;
  }
}
