import { Inject, Injectable } from '@nestjs/common';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { type LeaseStore, type SweepRequest } from './lease-store.interface.js';
import { type LiveRun } from './live-run.js';
import { type RunWork } from './run-worker.js';

/** The runs of this process. A run is held from before its begin is sent until its end is stored or given up. */
@Injectable()
export class HeldRuns {
  private readonly held = new Set<string>();
  /** How many requests that belong to no chat are under way. */
  requests = 0;
  private readonly works = new Map<LiveRun, RunWork>();
  /** Those whose end could not be stored. */
  private readonly unstored = new Set<string>();
  /** Those that were cancelled between their begin and the first step of their work. */
  private readonly cancelled = new Set<string>();

  constructor(@Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions) {}

  /** Those that are worked. */
  get working(): ReadonlyMap<LiveRun, RunWork> {
    return this.works;
  }

  /** Whether the process works as many runs and requests without a chat as it may. */
  get isFull(): boolean {
    return this.works.size + this.requests >= this.options.limits.liveRuns;
  }

  isHeld(runId: string): boolean {
    return this.held.has(runId);
  }

  /** @returns whether the run was free */
  hold(runId: string): boolean {
    if (this.held.has(runId)) return false;
    this.held.add(runId);
    return true;
  }

  release(runIds: readonly string[]): void {
    for (const runId of runIds) this.held.delete(runId);
  }

  addWork(work: RunWork): void {
    const { run } = work;
    this.works.set(run, work);
    if (this.cancelled.delete(run.id)) run.stop('cancelled');
  }

  removeWork(run: LiveRun): void {
    this.works.delete(run);
  }

  /** Stops a held run as soon as it is worked. */
  cancelOnceBegun(runId: string): void {
    if (this.held.has(runId)) this.cancelled.add(runId);
  }

  /** Leaves the end of a run to a sweep. */
  giveUp(runId: string): void {
    this.unstored.add(runId);
  }

  /** Takes a run back that was given up. */
  reclaim(runId: string): void {
    this.unstored.delete(runId);
  }

  /** The runs in a store: those that are worked, and those whose end could not be stored. */
  runsIn(leases: LeaseStore): Pick<SweepRequest, 'unstored' | 'working'> {
    const works = [...this.works.values()].filter(({ store }) => store.leases === leases);
    return { unstored: [...this.unstored], working: works.map(({ run }) => run.id) };
  }
}
