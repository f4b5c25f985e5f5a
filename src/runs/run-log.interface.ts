import { type RunEventBatch } from './live-run.js';

/** Events of a run on their way to its log. */
export interface LoggedBatch extends RunEventBatch {
  runId: string;
  fence: number;
}

/** The events of a run that its log does not have for certain. */
export interface UnloggedEvents {
  /** Were sent to the log, and may be in it: the same batch, if it is sent again. */
  sent: RunEventBatch | undefined;
  /** Were never sent; may be none. */
  fresh: RunEventBatch;
}

/** Where the events of runs are kept for those who come later. */
export interface RunLog {
  /**
   * Stores batches of any number of runs, all or none; a batch may be sent again as it was.
   * @returns the runs whose batches are stored; another instance has taken over, ended or deleted any other
   */
  append(batches: readonly LoggedBatch[]): Promise<ReadonlySet<string>>;
  /**
   * The events of a run from an index on, in batches as they were stored, about `limit` events at most; a first batch may
   * begin before `from`. Empty where the log has none.
   */
  read(runId: string, from: number, limit: number): Promise<RunEventBatch[]>;
  /** Says that the run is followed on an instance for the next seconds: any other one logs it more often meanwhile. */
  follow(runId: string, instanceId: string): Promise<void>;
  /** Whether the run is followed on another instance than this one. */
  isFollowedElsewhere(runId: string, instanceId: string): Promise<boolean>;
  /**
   * Deletes some of the events of runs that ended at least `keptMs` ago.
   * @returns whether there may be more
   */
  clear(keptMs: number): Promise<boolean>;
}
