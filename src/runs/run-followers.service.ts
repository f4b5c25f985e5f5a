import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { RunReleasedError, TooManyFollowersError } from '../errors/run.errors.js';
import { type Schema } from '../schemas/schema.interface.js';
import { InstanceLeases } from './instance-leases.service.js';
import { type LiveRun, type RunEventBatch, type RunResult } from './live-run.js';
import { type FollowRun, RunFollower } from './run-follower.js';
import { RunPoller } from './run-poller.js';
import { type RunLog } from './run-log.interface.js';
import { type RunStore } from './run-store.interface.js';
import { storedResult } from './stored-result.js';

/** How often a run is marked as followed here. */
const MARK_MS = 5_000;

/** The followers of one run in this process. */
interface FollowedRun {
  count: number;
  /** These, and those who wait for its end alone. */
  users: number;
  markedAt: number;
  poller: RunPoller | undefined;
}

/** Follows runs, wherever they work: in this process from memory, elsewhere by the log, after that by the messages. */
@Injectable()
export class RunFollowers implements OnApplicationShutdown {
  private readonly live = new Map<string, LiveRun>();
  private readonly followed = new Map<string, FollowedRun>();
  private readonly readers = new Set<() => void>();

  constructor(
    private readonly leases: InstanceLeases,
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** The run, where it works in this process. */
  liveRun(runId: string): LiveRun | undefined {
    return this.live.get(runId);
  }

  /** From now on the run works in this process. */
  add(run: LiveRun): void {
    this.live.set(run.id, run);
    this.followed.get(run.id)?.poller?.wake();
  }

  remove(run: LiveRun): void {
    if (this.live.get(run.id) === run) this.live.delete(run.id);
  }

  /** Lets the followers that wait see at once how the run stands now. */
  refresh(runId: string): void {
    this.followed.get(runId)?.poller?.refresh();
  }

  /** How many followers the run has in this process. */
  count(runId: string): number {
    return this.followed.get(runId)?.count ?? 0;
  }

  /** Whether the run has followers, here or on other instances. */
  async isFollowed(runId: string, log: RunLog | undefined): Promise<boolean> {
    if (this.count(runId) > 0) return true;
    const isFollowedElsewhere = (await log?.isFollowedElsewhere(runId, this.leases.instanceId)) ?? false;
    return isFollowedElsewhere || this.count(runId) > 0;
  }

  /** Lets other instances know that the run has followers here, if it has any. */
  async markFollowed(runId: string, log: RunLog | undefined): Promise<void> {
    const run = this.followed.get(runId);
    const now = performance.now();
    if (run === undefined || run.count === 0 || now - run.markedAt < MARK_MS) return;
    run.markedAt = now;
    await log?.follow(runId, this.leases.instanceId);
  }

  /** @throws TooManyFollowersError */
  mustHaveRoom(runId: string): void {
    const { followers } = this.options.limits;
    if (this.count(runId) >= followers) throw new TooManyFollowersError(runId, followers);
  }

  /**
   * Counts a follower until the returned function is called.
   * @throws TooManyFollowersError
   */
  enter(runId: string): () => void {
    this.mustHaveRoom(runId);
    return this.use(runId, 1);
  }

  /** The first step throws ChatNotFoundError, RunNotFoundError or TooManyFollowersError. */
  async *follow(run: FollowRun): AsyncGenerator<RunEventBatch, void, undefined> {
    yield* this.followUntilLeft(run, this.enter(run.runId));
  }

  private async *followUntilLeft(run: FollowRun, leave: () => void): AsyncGenerator<RunEventBatch, void, undefined> {
    // At once, also while a statement is under way.
    run.signal?.addEventListener('abort', leave);
    try {
      const sources = { liveRun: () => this.live.get(run.runId), poller: this.poller(run) };
      yield* new RunFollower(run, sources).batches();
    } finally {
      run.signal?.removeEventListener('abort', leave);
      leave();
    }
  }

  /** Waits until the run has ended or is parked, and reads how. */
  async awaitResult(store: RunStore, runId: string, schema?: Schema): Promise<RunResult> {
    for (;;) {
      const stored = await store.find(runId);
      const { status } = stored.record;
      const live = await this.live.get(runId)?.result;
      if (live !== undefined && live.status !== 'running') return live;
      if (status !== 'queued' && status !== 'running') return storedResult(stored, schema);
      // Who waits for an answer is counted with the connection that waits.
      const leave = this.use(runId, 0);
      const events = this.followUntilLeft({ store, runId, after: -1, isWaiting: false, stored }, leave);
      while ((await events.next()).done !== true);
    }
  }

  /** Calls the listener once this process stops, until the returned function is called. */
  whenReleased(listener: () => void): () => void {
    this.readers.add(listener);
    return () => {
      this.readers.delete(listener);
    };
  }

  /** Sends those away who read over a connection: their runs continue elsewhere. */
  releaseReaders(): void {
    for (const release of this.readers) release();
    this.readers.clear();
  }

  onApplicationShutdown(): void {
    for (const [runId, { poller }] of this.followed) poller?.fail(new RunReleasedError(runId));
  }

  private use(runId: string, counted: 0 | 1): () => void {
    const run = this.followed.get(runId) ?? { count: 0, users: 0, markedAt: -Infinity, poller: undefined };
    this.followed.set(runId, run);
    run.count += counted;
    run.users += 1;
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      run.count -= counted;
      run.users -= 1;
      if (run.users === 0) this.followed.delete(runId);
    };
  }

  private poller({ runId, store }: FollowRun): RunPoller {
    const run = this.followed.get(runId);
    const poller = run?.poller ?? new RunPoller(runId, store, () => this.markFollowed(runId, store.log));
    if (run) run.poller = poller;
    return poller;
  }
}
