import { Injectable } from '@nestjs/common';
import { HeldRuns } from './held-runs.js';
import { OpenWork } from './open-work.js';
import { type Cancellation } from './run-end.interface.js';
import { RunFollowers } from './run-followers.service.js';
import { type RunContext } from './run-kinds.js';
import { RunQueue } from './run-queue.js';

/** Why a person never decided on the calls of a parked run. */
const CANCELLED = 'The run was cancelled.';
const INTERRUPTED = 'Another ask has interrupted the run.';

/** What the log says of a cancellation without a caller that failed. */
const NOT_CANCELLED = 'A run was not cancelled';

/** Cancels runs, wherever they are; one that works elsewhere ends a moment later. */
@Injectable()
export class RunCanceller {
  constructor(
    private readonly runs: HeldRuns,
    private readonly openWork: OpenWork,
    private readonly followers: RunFollowers,
    private readonly queue: RunQueue,
  ) {}

  /**
   * Does nothing to a run that has ended.
   * @throws ChatNotFoundError, RunNotFoundError
   */
  cancel(context: RunContext, runId: string): Promise<Cancellation> {
    return this.cancelFor(CANCELLED, context, runId);
  }

  /** Cancels a run for an ask that does not wait. */
  async interrupt(context: RunContext, runId: string): Promise<void> {
    await this.cancelFor(INTERRUPTED, context, runId);
  }

  cancelInBackground(context: RunContext, runId: string): void {
    this.openWork.background(this.cancel(context, runId), NOT_CANCELLED);
  }

  /**
   * Cancels a run whose asker has left, unless it is followed, here or elsewhere. A stopping process sends its readers away
   * itself.
   */
  abandon(context: RunContext, runId: string): void {
    if (this.openWork.isStopping) return;
    const abandoning = async (): Promise<void> => {
      const isFollowed = await this.followers.isFollowed(runId, context.store.log);
      if (!isFollowed && !this.openWork.isStopping) await this.cancel(context, runId);
    };
    this.openWork.background(abandoning(), NOT_CANCELLED);
  }

  private async cancelFor(reason: string, context: RunContext, runId: string): Promise<Cancellation> {
    const cancelled = await context.store.cancel(runId, reason);
    const { status, hasEnded } = cancelled;
    const live = this.followers.liveRun(runId);
    if (live) live.stop('cancelled');
    else if (!hasEnded) this.runs.cancelOnceBegun(runId);
    if (hasEnded && (status === 'queued' || status === 'awaiting_approval')) {
      this.followers.refresh(runId);
      this.queue.beginNextInBackground(context);
    }
    return cancelled;
  }
}
