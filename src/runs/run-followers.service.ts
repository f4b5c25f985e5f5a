import { Injectable } from '@nestjs/common';
import { type Schema } from '../schemas/schema.interface.js';
import { type LiveRun, type RunEventBatch, type RunResult } from './live-run.js';
import { type RunStore } from './run-store.interface.js';

/** A run, and the first event to follow. */
export interface FollowRun {
  store: RunStore;
  runId: string;
  /** The index of the last event that the follower has; -1 for none. */
  after: number;
  signal?: AbortSignal;
  /** Whether to stay past a parking, until the run's real end. */
  isWaiting: boolean;
}

/** Follows runs, wherever they work: in this process from memory, elsewhere by the log, after that by the messages. */
@Injectable()
export class RunFollowers {
  private readonly live = new Map<string, LiveRun>();

  /** The run, where it works in this process. */
  liveRun(runId: string): LiveRun | undefined {
    return this.live.get(runId);
  }

  /** From now on the run works in this process. */
  add(run: LiveRun): void {
    this.live.set(run.id, run);
  }

  remove(run: LiveRun): void {
    if (this.live.get(run.id) === run) this.live.delete(run.id);
  }

  async *follow({ runId, after, signal }: FollowRun): AsyncGenerator<RunEventBatch, void, undefined> {
    const live = this.live.get(runId);
    if (live) yield* live.follow(signal, Math.max(live.firstIndex, after + 1));
  }

  /** Waits until the run has ended or is parked, and reads how. */
  async awaitResult(store: RunStore, runId: string, _answerSchema?: Schema): Promise<RunResult> {
    await store.find(runId);
    throw new Error('not built yet');
  }
}
