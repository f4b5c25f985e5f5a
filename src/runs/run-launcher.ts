import { Injectable } from '@nestjs/common';
import { onAbort } from '../async/on-abort.js';
import { type BegunRun } from './begin-run.interface.js';
import { HeldRuns } from './held-runs.js';
import { LiveRun } from './live-run.js';
import { OpenWork } from './open-work.js';
import { RunFollowers } from './run-followers.service.js';
import { type RunContext } from './run-kinds.js';
import { type RunWork, RunWorker, type WorkEnd } from './run-worker.js';

/** Handles the end of the work on a run. */
export type OnWorkEnd = (context: RunContext, runId: string, end: WorkEnd) => void;

/** Starts the work on runs that have begun, which depends neither on callers nor on followers. */
@Injectable()
export class RunLauncher {
  private handleEnd: OnWorkEnd = () => undefined;

  constructor(
    private readonly worker: RunWorker,
    private readonly runs: HeldRuns,
    private readonly followers: RunFollowers,
    private readonly openWork: OpenWork,
  ) {}

  /** Has one listener. */
  onEnd(listener: OnWorkEnd): void {
    this.handleEnd = listener;
  }

  /** @param held the runs to release once this one has ended */
  launch(work: RunWork, held: readonly string[]): LiveRun {
    const { run, store, start } = work;
    this.runs.addWork(work);
    this.followers.add(run);
    const unlink = onAbort(start.signal, () => {
      run.stop('cancelled');
    });
    const working = this.worker.work(work).finally(() => {
      unlink();
      this.runs.removeWork(run);
      this.followers.remove(run);
    });
    // Before any other listener of the end: a parked run may continue at once.
    void run.result.then(() => {
      this.runs.release(held);
    });
    this.openWork.track(
      working.then((end) => {
        if (!end.isStored) this.runs.giveUp(run.id);
        this.handleEnd({ store, chat: start.chat, defaults: start.defaults }, run.id, end);
      }),
    );
    return run;
  }
}

/** The live run of a run that continues, and its open attempt. */
export function resumedRun({ runId, chatId, resumed }: BegunRun): Pick<RunWork, 'run' | 'attemptId'> {
  const { nextIndex, attemptId = null } = resumed ?? {};
  return { run: new LiveRun(runId, chatId, nextIndex, true), attemptId };
}
