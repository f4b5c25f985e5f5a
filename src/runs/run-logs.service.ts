import { Injectable, Logger } from '@nestjs/common';
import { type LiveRun } from './live-run.js';
import { LogCleaner } from './log-cleaner.js';
import { LogWriter, type OpenLog } from './log-writer.js';
import { LoggedRun } from './logged-run.js';
import { type RunLog } from './run-log.interface.js';

/** Keeps the logs of this instance's runs: each run is logged in the database of its chat. */
@Injectable()
export class RunLogs {
  private readonly logger = new Logger(RunLogs.name);
  private readonly writers = new Map<RunLog, LogWriter>();
  private readonly cleaners = new Map<RunLog, LogCleaner>();

  /** Logs the events of a run from now on, if its store has a log. */
  open(run: LiveRun, log: RunLog | undefined, fence: number): OpenLog {
    if (log === undefined) return { close: () => Promise.resolve(new LoggedRun(run, fence).unlogged()) };
    let writer = this.writers.get(log);
    if (writer === undefined) {
      writer = new LogWriter(log, this.logger);
      this.writers.set(log, writer);
      this.cleaners.set(log, new LogCleaner(log, this.logger));
    }
    return writer.open(run, fence);
  }

  /** Says which runs of a log are followed on other instances: their events are logged more often, those of others no more. */
  setFollowed(log: RunLog, runIds: ReadonlySet<string>): void {
    this.writers.get(log)?.setFollowed(runIds);
  }

  /** Ends all timers. */
  stop(): void {
    for (const keeper of [...this.writers.values(), ...this.cleaners.values()]) keeper.stop();
    this.writers.clear();
    this.cleaners.clear();
  }
}
