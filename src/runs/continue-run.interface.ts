import { type UnloggedEvents } from './run-log.interface.js';
import { type EndedAttempt, type RunKey } from './run-progress.interface.js';

/** How a run without an instance continues. */
export interface TakeOverRun {
  runId: string;
  /** As of when the run was found: another instance that was faster has moved it. */
  fence: number;
  instanceId: string;
  /** Whether the run may continue; if not it ends as `interrupted`, with its text kept. */
  mayContinue: boolean;
}

/** A run that its instance gives back while it works: another instance continues it. */
export interface ReleaseRun extends RunKey {
  unlogged: UnloggedEvents;
  /** The attempt that was under way. */
  attempt: EndedAttempt | null;
}
