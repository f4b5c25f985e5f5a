import { type RunResult, type LiveRun, type RunEventBatch } from './live-run.js';
import { type RunFollowers } from './run-followers.service.js';
import { type StartRun } from './run-request.js';
import { type RunRecord } from './run-record.interface.js';
import { hasEventsAfter } from './ended-events.js';
import { type FollowRun } from './run-follower.js';
import { type RunStore } from './run-store.interface.js';
import { type StoredRun } from './stored-run.interface.js';

/** What tells apart how a run came to its caller. */
export interface HandleOptions {
  /** The run, where it works in this process already. */
  live?: LiveRun;
  /** Whether an earlier request with the same key has begun it. */
  isReplayed?: boolean;
  /** Whether it waits for its turn. */
  isQueued?: boolean;
  /** Checks the answer that the run has stored, for its `parsed`. */
  answerSchema?: StartRun['answerSchema'];
}

/** How a caller follows a run. */
export type FollowHandle = Partial<Pick<FollowRun, 'after' | 'signal' | 'isWaiting' | 'takeLive'>>;

/** A run as a caller has it, wherever it works: it can be followed and waited for. */
export class RunHandle {
  readonly live: LiveRun | undefined;
  readonly isReplayed: boolean;
  /** Whether it was queued: what it was asked with is stored once it begins. */
  readonly isQueued: boolean;
  private ended: Promise<RunResult> | undefined;
  /** Whether the last result said that the run is parked: it may have continued since. */
  private hasParked = false;
  /** As it was found for the next follower. */
  private stored: StoredRun | undefined;

  constructor(
    readonly id: string,
    readonly chatId: string,
    private readonly store: RunStore,
    private readonly followers: RunFollowers,
    private readonly options: HandleOptions = {},
  ) {
    this.live = options.live;
    this.isReplayed = options.isReplayed ?? false;
    this.isQueued = options.isQueued ?? false;
  }

  /** Whether it continues after it was parked: the settings of its ask are not stored. */
  get isResumed(): boolean {
    return this.live?.isResumed ?? false;
  }

  /** Whether the ask has begun it, so that the settings of the ask are stored. */
  get hasBegunHere(): boolean {
    return this.live !== undefined && !this.isResumed && !this.isReplayed;
  }

  /** Whether the run was parked when its result was asked for last. */
  get isParked(): boolean {
    return this.hasParked;
  }

  /**
   * As it is stored.
   * @throws ChatNotFoundError, RunNotFoundError
   */
  async record(): Promise<RunRecord> {
    return (await this.store.find(this.id)).record;
  }

  /**
   * Whether the run has, or may still emit, events after an index.
   * @throws ChatNotFoundError, RunNotFoundError, TooManyFollowersError
   */
  async hasEventsAfter(after: number): Promise<boolean> {
    const stored = await this.store.find(this.id);
    this.followers.mustHaveRoom(this.id);
    this.stored = stored;
    return hasEventsAfter(this.store, stored, after);
  }

  /**
   * Counts a follower until the returned function is called.
   * @throws TooManyFollowersError
   */
  enter(): () => void {
    return this.followers.enter(this.id);
  }

  /**
   * The events after an index, all by default, up to the end of the run or until it is parked. A slow reader slows only
   * itself. The first step throws ChatNotFoundError, RunNotFoundError or TooManyFollowersError.
   */
  follow({ after = -1, isWaiting = false, ...how }: FollowHandle = {}): AsyncGenerator<RunEventBatch, void, undefined> {
    const { store, id: runId, live, stored } = this;
    this.stored = undefined;
    return this.followers.follow({ ...how, after, isWaiting, store, runId, live, stored });
  }

  /** Calls the listener once this process stops, until the returned function is called: the run then continues elsewhere. */
  whenReleased(listener: () => void): () => void {
    return this.followers.whenReleased(listener);
  }

  /** How the run ended, or that it is parked; never rejects for a run that failed. */
  result(): Promise<RunResult> {
    this.ended ??= this.awaitEnd();
    return this.ended;
  }

  private async awaitEnd(): Promise<RunResult> {
    const here = this.hasParked ? undefined : await this.live?.result;
    const result =
      here !== undefined && here.status !== 'running'
        ? here
        : await this.followers.awaitResult(this.store, this.id, this.options.answerSchema ?? undefined);
    this.hasParked = result.status === 'awaiting_approval';
    if (this.hasParked) this.ended = undefined;
    return result;
  }
}
