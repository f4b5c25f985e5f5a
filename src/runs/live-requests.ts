import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { TooManyRunsError } from '../errors/run.errors.js';
import { HeldRuns } from './held-runs.js';
import { OpenWork, serverBusy } from './open-work.js';

const LOOK_MS = 50;

/**
 * The requests to models that belong to no chat, and so are no runs. They count towards the limit of live runs of this
 * process. The limit of an owner applies to those in this process alone: no row says on which instances the others are.
 */
@Injectable()
export class LiveRequests implements BeforeApplicationShutdown {
  private readonly live = new Map<AbortController, string | null>();

  constructor(
    private readonly runs: HeldRuns,
    private readonly openWork: OpenWork,
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Does the work of a request, which stops when `leaving` or the signal that it gets aborts.
   * @throws ServerBusyError, TooManyRunsError, and what the work throws
   */
  async run<T>(
    ownerId: string | null,
    leaving: AbortController,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.openWork.mustNotStop();
    const { liveRuns, ownerRuns } = this.options.limits;
    if (this.runs.isFull) throw serverBusy(`The server works ${liveRuns} requests, which is its limit.`);
    if (ownerId !== null && this.countOf(ownerId) >= ownerRuns) throw new TooManyRunsError(ownerRuns);
    this.live.set(leaving, ownerId);
    this.runs.requests += 1;
    const working = work(leaving.signal);
    this.openWork.track(working);
    try {
      return await working;
    } finally {
      this.live.delete(leaving);
      this.runs.requests -= 1;
    }
  }

  /**
   * Tracks what is left of a request that has been answered.
   * @param failure what the log says where it fails
   */
  background(work: Promise<unknown>, failure: string): void {
    this.openWork.background(work, failure);
  }

  /** Lets the requests end for a while, then stops them: nothing continues them elsewhere. */
  async beforeApplicationShutdown(): Promise<void> {
    this.openWork.stop();
    const until = performance.now() + this.options.shutdownGraceMs;
    while (this.live.size > 0 && performance.now() < until) await delay(LOOK_MS);
    for (const leaving of this.live.keys()) leaving.abort(serverBusy('The server is stopping.'));
  }

  private countOf(ownerId: string): number {
    let count = 0;
    for (const owner of this.live.values()) if (owner === ownerId) count += 1;
    return count;
  }
}
