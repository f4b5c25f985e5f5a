import { type MessageRecord, type Usage } from '../messages/message.interface.js';
import { type RunEndStatus, type RunEvent } from './run-event.interface.js';

/** Events that came together; the index of the first, each next one counting on. */
export interface RunEventBatch {
  firstIndex: number;
  events: RunEvent[];
}

/** How a run ended. `error` is set exactly when the status is `failed` or `interrupted`. */
export interface RunResult {
  status: RunEndStatus;
  message: MessageRecord | null;
  usage: Usage;
  error?: unknown;
}

/** Why a run is told to stop before its answer is whole. */
export type StopReason = 'cancelled' | 'interrupted';

/**
 * A run that works in this process. It keeps its events until it is let go, so each follower reads at its own pace,
 * from any index, and slows nobody else.
 */
export class LiveRun {
  private readonly events: RunEvent[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly controller = new AbortController();
  private settle!: (result: RunResult) => void;
  private ended = false;

  /** Never rejects: a failure is part of the result. */
  readonly result = new Promise<RunResult>((resolve) => (this.settle = resolve));
  stopReason: StopReason | undefined;

  constructor(
    readonly id: string,
    readonly chatId: string,
  ) {}

  /** Aborted when the run is told to stop. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Tells the run to stop; the first reason holds. Its text so far is kept. */
  stop(reason: StopReason): void {
    this.stopReason ??= reason;
    this.controller.abort();
  }

  append(events: readonly RunEvent[]): void {
    for (const event of events) this.events.push(event);
    this.wake();
  }

  end(result: RunResult): void {
    this.ended = true;
    this.settle(result);
    this.wake();
  }

  /** The events from `index` on, to the end of the run or until `signal` aborts; never throws. */
  follow(signal?: AbortSignal, index = 0): AsyncIterableIterator<RunEventBatch, undefined> {
    let next = index;
    const wakeOnAbort = (): void => {
      this.wake();
    };
    signal?.addEventListener('abort', wakeOnAbort);
    const end = (): IteratorReturnResult<undefined> => {
      signal?.removeEventListener('abort', wakeOnAbort);
      return { done: true, value: undefined };
    };
    // By hand: each event of each run passes here, and a generator takes twice the promises.
    const follower: AsyncIterableIterator<RunEventBatch, undefined> = {
      [Symbol.asyncIterator]: () => follower,
      next: async () => {
        while (signal?.aborted !== true) {
          if (next < this.events.length) {
            const batch = { firstIndex: next, events: this.events.slice(next) };
            next = this.events.length;
            return { done: false, value: batch };
          }
          if (this.ended) break;
          await new Promise<void>((resolve) => this.waiting.add(resolve));
        }
        return end();
      },
      return: () => Promise.resolve(end()),
    };
    return follower;
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
