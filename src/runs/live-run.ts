import { type MessageRecord, type Usage } from '../messages/message.interface.js';
import { TurnReleasedError } from '../turn/released-turn.js';
import { type RunEndStatus, type RunEvent } from './run-event.interface.js';

/** Events that came together; the index of the first, each next one counting on. */
export interface RunEventBatch {
  firstIndex: number;
  events: RunEvent[];
  /** Set where the events correct what a follower has, and have no places in the run: `firstIndex` is the follower's own. */
  isCorrection?: true;
  /** Set where the events are made of the stored messages: they count from 0, whatever they had been before. */
  isRebuilt?: true;
}

/**
 * How a run ended. `error` is set exactly when the status is `failed` or `interrupted`. The status `running` says that it
 * continues in another process.
 */
export interface RunResult {
  status: RunEndStatus | 'running';
  /** The last message of the assistant. */
  message: MessageRecord | null;
  /** What that message stands for, where the ask had a schema and the message is its answer. */
  parsed?: unknown;
  /** The results of the last calls that it worked, in the order of the calls. */
  results?: readonly MessageRecord[];
  /** What the last request to the model cost. */
  usage: Usage;
  error?: unknown;
}

/** Whether a run was cancelled before it had said anything that a caller could use. */
export function isCancelledUnsaid({ status, message }: Pick<RunResult, 'status' | 'message'>): boolean {
  return status === 'cancelled' && (message === null || message.text === '');
}

/** Why a run is stopped before its answer is complete: `released` for one that continues in another process. */
export type StopReason = 'cancelled' | 'interrupted' | 'released';

/** The largest batch for a follower that is far behind: the run waits for its reader between batches. */
const MAX_BATCH = 256;

/**
 * A run that works in this process. It keeps its events until it is released, so each follower reads at its own pace,
 * from any index, and slows no other follower.
 */
export class LiveRun {
  private readonly events: RunEvent[] = [];
  private readonly watchers = new Set<() => void>();
  private readonly controller = new AbortController();
  private settle!: (result: RunResult) => void;
  private ended = false;
  private continuesElsewhere = false;

  /** Never rejects: a failure is part of the result. */
  readonly result = new Promise<RunResult>((resolve) => (this.settle = resolve));
  stopReason: StopReason | undefined;

  /**
   * @param firstIndex the index of its first event here; above 0 for a run that was queued, parked or taken over
   * @param isResumed whether it continues after it was parked or taken over
   */
  constructor(
    readonly id: string,
    readonly chatId: string,
    readonly firstIndex = 0,
    readonly isResumed = false,
  ) {}

  /** Aborted when the run is stopped. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Stops the run; the first reason counts. Its text so far is kept. */
  stop(reason: StopReason): void {
    this.stopReason ??= reason;
    this.controller.abort(reason === 'released' ? new TurnReleasedError() : undefined);
  }

  /** The index of the event that comes next. */
  get nextIndex(): number {
    return this.firstIndex + this.events.length;
  }

  /** Whether several followers watch it. */
  get isShared(): boolean {
    return this.watchers.size > 1;
  }

  /** Whether the last event has come, of this process at least. */
  get isEnded(): boolean {
    return this.ended;
  }

  /** Whether it has ended here to continue in another process: its events here do not end the run. */
  get isReleased(): boolean {
    return this.continuesElsewhere;
  }

  /** The events from one index up to another, which is not part of them. */
  batch(firstIndex: number, end: number): RunEventBatch {
    return { firstIndex, events: this.events.slice(firstIndex - this.firstIndex, end - this.firstIndex) };
  }

  append(events: readonly RunEvent[]): void {
    for (const event of events) this.events.push(event);
    this.tell();
  }

  /** Ends the run with its last events. */
  end(result: RunResult, events: readonly RunEvent[] = []): void {
    for (const event of events) this.events.push(event);
    this.ended = true;
    this.continuesElsewhere = result.status === 'running';
    this.settle(result);
    this.tell();
  }

  /**
   * Calls the listener whenever events have come and once the run has ended, until the returned function is called. It
   * runs on the run's own stack: it must be quick and must not throw.
   */
  watch(listener: () => void): () => void {
    this.watchers.add(listener);
    return () => {
      this.watchers.delete(listener);
    };
  }

  /** The events from `index` on, to the end of the run or until `signal` aborts; never throws. */
  async *follow(signal?: AbortSignal, index = this.firstIndex): AsyncGenerator<RunEventBatch, void, undefined> {
    let wake = (): void => undefined;
    const listener = (): void => {
      wake();
    };
    const unwatch = this.watch(listener);
    signal?.addEventListener('abort', listener);
    try {
      for (let next = index; signal?.aborted !== true;) {
        if (next < this.nextIndex) {
          const batch = this.batch(next, Math.min(this.nextIndex, next + MAX_BATCH));
          next += batch.events.length;
          yield batch;
        } else if (this.ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      unwatch();
      signal?.removeEventListener('abort', listener);
    }
  }

  private tell(): void {
    for (const listener of this.watchers) listener();
  }
}
