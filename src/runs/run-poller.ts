import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseUnavailableError } from '../errors/chat.errors.js';
import { type RunEventBatch } from './live-run.js';
import { endOf, MAX_READ } from './logged-events.js';
import { type RunStore } from './run-store.interface.js';
import { type StoredRun } from './stored-run.interface.js';

/** How often the log of a followed run is read. */
const POLL_MS = 100;
/** Likewise of one that is queued or parked, or has no log. */
const IDLE_POLL_MS = 500;
/** How often a silent run is looked up. */
const CHECK_MS = 1_000;

/** What was read from the log last, for all followers that have come as far. */
interface Tail {
  from: number;
  next: number;
  batches: RunEventBatch[];
}

/** Reads what a run that works elsewhere says, once for all its followers in this process; only while one of them waits. */
export class RunPoller {
  /** As the run was found last, and how often it was looked up. */
  latest: StoredRun | undefined;
  checks = 0;
  /** Why no more can be read. */
  failure: unknown;
  private readonly waiters = new Map<() => void, number>();
  private readonly reads = new Map<number, Promise<RunEventBatch[]>>();
  private tail: Tail | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isPolling = false;
  private checkedAt = performance.now();
  private checking: Promise<StoredRun> | undefined;

  /** @param markFollowed says that the run is followed here; called at each poll */
  constructor(
    private readonly runId: string,
    private readonly store: RunStore,
    private readonly markFollowed: () => Promise<void>,
  ) {}

  /** The logged events from an index on, as in `RunLog.read`; empty also while the database is away. */
  read(from: number): Promise<RunEventBatch[]> {
    const { tail, store } = this;
    if (tail && from >= tail.from && from < tail.next) return Promise.resolve(tail.batches);
    let reading = this.reads.get(from);
    if (reading === undefined) {
      reading = (store.log?.read(this.runId, from, MAX_READ) ?? Promise.resolve([]))
        .catch(ifUnavailable)
        .finally(() => {
          this.reads.delete(from);
        });
      this.reads.set(from, reading);
    }
    return reading;
  }

  /** The logged events from an index on, as of now: read again while the database is away. */
  async readNow(from: number, signal?: AbortSignal): Promise<RunEventBatch[]> {
    for (;;) {
      try {
        return (await this.store.log?.read(this.runId, from, MAX_READ)) ?? [];
      } catch (error) {
        ifUnavailable(error);
      }
      if (signal?.aborted) return [];
      await sleep(POLL_MS);
    }
  }

  /** Looks the run up. */
  async check(): Promise<StoredRun> {
    this.checking ??= this.store.find(this.runId).finally(() => (this.checking = undefined));
    this.latest = await this.checking;
    this.checks += 1;
    this.checkedAt = performance.now();
    return this.latest;
  }

  /** Waits until the log has events from an index on, the run has another status, `wake` is called, or time is up. */
  wait(from: number, signal?: AbortSignal, ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = (): void => {
        clearTimeout(deadline);
        signal?.removeEventListener('abort', stop);
        this.waiters.delete(stop);
        if (this.waiters.size === 0) this.pause();
        resolve();
      };
      const deadline = ms === undefined ? undefined : setTimeout(stop, ms);
      this.waiters.set(stop, from);
      signal?.addEventListener('abort', stop);
      if (signal?.aborted || this.failure !== undefined) stop();
      else this.schedule();
    });
  }

  /** Looks the run up, if any follower waits, and wakes them all. */
  refresh(): void {
    if (this.waiters.size === 0) return;
    this.check().then(
      () => {
        this.wake();
      },
      () => undefined,
    );
  }

  /** Wakes all followers that wait. */
  wake(): void {
    for (const stop of [...this.waiters.keys()]) stop();
  }

  /** Ends the work for good. */
  fail(failure: unknown): void {
    this.failure ??= failure;
    this.wake();
  }

  private pause(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private schedule(): void {
    if (this.timer !== undefined || this.isPolling || this.waiters.size === 0) return;
    const isIdle = this.store.log === undefined || (this.latest && this.latest.record.status !== 'running');
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.isPolling = true;
        void this.poll().finally(() => {
          this.isPolling = false;
          this.schedule();
        });
      },
      isIdle ? IDLE_POLL_MS : POLL_MS,
    );
  }

  private async poll(): Promise<void> {
    try {
      if (!(await this.readOn()) && performance.now() - this.checkedAt >= CHECK_MS) await this.checkStatus();
      await this.markFollowed();
    } catch (error) {
      this.checkedAt = performance.now();
      if (!(error instanceof DatabaseUnavailableError)) this.fail(error);
    }
  }

  /** Reads the log from where the first of the waiting followers is, and wakes those that it has something for. */
  private async readOn(): Promise<boolean> {
    const { log } = this.store;
    if (log === undefined) return false;
    const from = Math.min(...this.waiters.values());
    const batches = await log.read(this.runId, from, MAX_READ);
    const last = batches.at(-1);
    if (last === undefined) return false;
    this.tail = { from, next: endOf(last), batches };
    for (const [stop, next] of [...this.waiters]) if (next < this.tail.next) stop();
    return true;
  }

  private async checkStatus(): Promise<void> {
    const before = this.latest?.record.status;
    const { record } = await this.check();
    if (record.status !== before) this.wake();
  }
}

/** Lets an outage of the database pass as nothing read; throws any other error. */
export function ifUnavailable(error: unknown): RunEventBatch[] {
  if (error instanceof DatabaseUnavailableError) return [];
  throw error;
}
