import { endedBatches } from './ended-events.js';
import { type LiveRun, type RunEventBatch } from './live-run.js';
import { endOf, loggedBatches, OpenMessageSearch, restOf } from './logged-events.js';
import { endsRun, isFinal } from './rebuilt-events.js';
import { ifUnavailable, type RunPoller } from './run-poller.js';
import { type RunStore } from './run-store.interface.js';
import { type StoredRun } from './stored-run.interface.js';

/** How long a follower whose position the log does not have waits for it: two ticks of the log. */
const AHEAD_MS = 2_000;

/** A run, and the first event to follow. */
export interface FollowRun {
  store: RunStore;
  runId: string;
  /** The index of the last event that the follower has; -1 for none. */
  after: number;
  signal?: AbortSignal;
  /** Whether to stay past a parking, until the run's real end. */
  isWaiting: boolean;
  /** The run as it works, or has worked, in this process, where the follower may see it. */
  live?: LiveRun;
  /**
   * Takes the events of the run itself while it works in this process, from an index on, instead of receiving them as
   * batches; resolves with the index after the last one, once the run has ended here or the follower leaves.
   */
  takeLive?: (run: LiveRun, from: number) => Promise<number>;
  /** The run as it was found for this follower; looked up where there is no `live`. */
  stored?: StoredRun;
}

/** Where a follower finds its run. */
export interface RunSources {
  /** The run, while it works in this process. */
  liveRun(): LiveRun | undefined;
  readonly poller: RunPoller;
}

/** One follower of a run, on its way from event to event: from a run in memory to the log, and back. */
export class RunFollower {
  private next: number;
  private stored: StoredRun | undefined;
  /** Whether the position is that of an event which came from here. */
  private isKnown: boolean;
  private isDone = false;
  /** Whether the run was parked where `live` ends, and is not any more. */
  private hasContinued = false;

  constructor(
    private readonly run: FollowRun,
    private readonly sources: RunSources,
  ) {
    this.next = run.after + 1;
    this.stored = run.stored;
    this.isKnown = run.after < 0;
  }

  async *batches(): AsyncGenerator<RunEventBatch, void, undefined> {
    const { store, runId, live, signal } = this.run;
    const hasParked = live !== undefined && live.isEnded && !live.isReleased && !hasFinalEnd(live);
    if (!live || hasParked) this.stored ??= await store.find(runId);
    this.hasContinued = hasParked && this.stored?.record.status !== 'awaiting_approval';
    while (!this.isDone && signal?.aborted !== true) {
      const here = this.liveRun();
      yield* here ? this.fromLive(here) : this.fromElsewhere();
    }
  }

  /** The run in this process, unless it has ended here and this follower has all of that. */
  private liveRun(): LiveRun | undefined {
    const run = this.sources.liveRun() ?? (this.hasContinued ? undefined : this.run.live);
    return run?.isEnded === true && this.next >= run.nextIndex ? undefined : run;
  }

  private async *fromLive(live: LiveRun): AsyncGenerator<RunEventBatch, void, undefined> {
    this.stored = undefined;
    if (this.next < live.firstIndex) {
      yield* this.logged(live.firstIndex);
      this.next = Math.max(this.next, live.firstIndex);
    } else {
      if (this.next > live.nextIndex) await reached(live, this.next, this.run.signal);
      if (this.next > live.nextIndex) {
        const search = new OpenMessageSearch();
        search.add(live.batch(live.firstIndex, live.nextIndex));
        yield* this.corrected(search, undefined);
      }
    }
    this.isKnown = true;
    const { takeLive, signal } = this.run;
    if (takeLive) {
      this.next = await takeLive(live, this.next);
      // The follower has left, and its signal may not say so yet.
      this.isDone = !live.isEnded || this.next < live.nextIndex;
      if (this.isDone) return;
    } else
      for await (const batch of live.follow(signal, this.next)) {
        this.next = endOf(batch);
        yield batch;
      }
    if (live.isEnded && !live.isReleased) this.isDone = !this.run.isWaiting || hasFinalEnd(live);
  }

  private async *fromElsewhere(): AsyncGenerator<RunEventBatch, void, undefined> {
    const { store, signal, isWaiting, live } = this.run;
    const { poller } = this.sources;
    // An ended run whose last event the follower has: without a look at the store.
    if (live && live.isEnded && !live.isReleased && this.next === live.nextIndex && hasFinalEnd(live)) {
      this.isDone = true;
      return;
    }
    let stored = this.stored ?? (await poller.check());
    this.stored = undefined;
    for (let { checks } = poller; signal?.aborted !== true && !this.liveRun();) {
      if (isFinal(stored.record.status)) {
        yield* endedBatches(store, stored, this.next - 1);
        this.isDone = true;
        return;
      }
      yield* store.log ? this.logged() : this.queued(stored);
      if (this.isDone) return;
      if (!this.isKnown) {
        yield* this.ahead(stored);
        continue;
      }
      if (!isWaiting && isParkedBefore(stored, this.next)) {
        this.isDone = true;
        return;
      }
      // It may have begun here meanwhile.
      if (this.liveRun()) return;
      if (checks === poller.checks) await poller.wait(this.next, signal);
      if (poller.failure !== undefined) throw poller.failure as Error;
      if (poller.checks !== checks) stored = poller.latest ?? stored;
      ({ checks } = poller);
    }
  }

  /** What the log has from the position on, up to an index. */
  private async *logged(end = Infinity): AsyncGenerator<RunEventBatch, void, undefined> {
    const { poller } = this.sources;
    while (this.next < end) {
      const from = this.isKnown ? this.next : this.next - 1;
      // What was said before a run came to this process is in the log, and is not to be skipped.
      const batches = await (end === Infinity ? poller.read(from) : poller.readNow(from, this.run.signal));
      if (batches.length === 0) return;
      this.isKnown = true;
      const before = this.next;
      for (const batch of batches) {
        const rest = restOf(batch, this.next);
        if (rest === undefined) continue;
        this.next = endOf(rest);
        yield rest;
        if (this.run.signal?.aborted) return;
        const last = rest.events.at(-1);
        this.isDone = endsRun(last);
        if (this.isDone) return;
        if (last?.type === 'run-end') await poller.check().catch(ifUnavailable);
      }
      if (this.next === before) return;
    }
  }

  /** Tells a follower of a chat without a log that its run waits. */
  private *queued({ record }: StoredRun): Generator<RunEventBatch, void, undefined> {
    this.isKnown = true;
    if (this.next > 0 || record.status !== 'queued') return;
    const { id: runId, chatId, position } = record;
    this.next = 1;
    yield { firstIndex: 0, events: [{ type: 'run-queued', runId, chatId, position: position ?? 1 }] };
  }

  /** The log does not have the position: it may be late, or never get the events that a dead process has sent. */
  private async *ahead(stored: StoredRun): AsyncGenerator<RunEventBatch, void, undefined> {
    const { store, runId, signal } = this.run;
    const { poller } = this.sources;
    await poller.wait(this.next - 1, signal, AHEAD_MS);
    const isThere = (await poller.read(this.next - 1)).length > 0;
    if (isThere || signal?.aborted || !store.log || this.liveRun()) return;
    const search = new OpenMessageSearch();
    for await (const batch of loggedBatches(store.log, runId, 0)) search.add(batch);
    yield* this.corrected(search, stored.openAttemptId);
  }

  /** Takes back the message that is under way, and continues where it begins. */
  private *corrected(
    { found, next }: OpenMessageSearch,
    openMessageId: string | null | undefined,
  ): Generator<RunEventBatch, void, undefined> {
    const messageId = found?.messageId ?? openMessageId;
    const firstIndex = this.next - 1;
    this.next = found?.index ?? next;
    this.isKnown = true;
    if (typeof messageId !== 'string') return;
    yield { firstIndex, events: [{ type: 'reset', messageId, reason: 'server_busy' }], isCorrection: true };
  }
}

/** Waits until a run has emitted the events before an index, or two ticks of a log have passed. */
function reached(live: LiveRun, index: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      unwatch();
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    const timer = setTimeout(stop, AHEAD_MS);
    const unwatch = live.watch(() => {
      if (live.nextIndex >= index || live.isEnded) stop();
    });
    signal?.addEventListener('abort', stop);
    if (live.isEnded || signal?.aborted) stop();
  });
}

function hasFinalEnd(live: LiveRun): boolean {
  return endsRun(live.batch(live.nextIndex - 1, live.nextIndex).events[0]);
}

/** Whether the run is parked, and has said nothing since. */
function isParkedBefore({ record, lastEventIndex }: StoredRun, next: number): boolean {
  return record.status === 'awaiting_approval' && (lastEventIndex === null || next <= lastEventIndex + 1);
}
