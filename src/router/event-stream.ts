import { type ModelAnswer, type ModelEvent } from '../messages/model-request.interface.js';
import { type StepOutcome } from './attempt.interface.js';

/** Starts a step; what `onEvents` returns resolves when its events have been pulled. */
type Start = (signal: AbortSignal, onEvents: (events: ModelEvent[]) => Promise<void>) => Promise<StepOutcome>;

/**
 * Offers a pushed step for pulling. Nothing starts before the first pull. `return()`, which leaving a `for await` calls,
 * aborts the step at once, even while a pull is pending.
 */
export function eventStream(start: Start, signal?: AbortSignal): AsyncGenerator<ModelEvent, ModelAnswer, undefined> {
  const leaving = new AbortController();
  const events = pull(start, leaving, signal);
  const finish = events.return.bind(events);
  events.return = (answer) => {
    leaving.abort();
    return finish(answer);
  };
  return events;
}

async function* pull(
  start: Start,
  leaving: AbortController,
  signal?: AbortSignal,
): AsyncGenerator<ModelEvent, ModelAnswer, undefined> {
  const follow = () => {
    leaving.abort(signal?.reason);
  };
  if (signal?.aborted) follow();
  signal?.addEventListener('abort', follow, { once: true });
  const handover = new Handover();
  const step = start(leaving.signal, (events) => handover.put(events));
  void step.then(() => {
    handover.close();
  });
  try {
    for (let events = await handover.take(); events !== undefined; events = await handover.take()) {
      for (const event of events) yield event;
    }
    const outcome = await step;
    const hasLeft = leaving.signal.aborted && signal?.aborted !== true;
    if ('error' in outcome && !hasLeft) throw outcome.error;
    return outcome.answer;
  } finally {
    signal?.removeEventListener('abort', follow);
    leaving.abort();
    handover.leave();
    await step;
  }
}

/** One batch at a time, from a producer that waits to a consumer that waits. */
class Handover {
  private batch: ModelEvent[] | undefined;
  private isClosed = false;
  private hasLeft = false;
  private arrived = () => {};
  private consumed = () => {};

  put(batch: ModelEvent[]): Promise<void> {
    if (this.hasLeft) return Promise.resolve();
    this.batch = batch;
    this.arrived();
    return new Promise((resolve) => {
      this.consumed = resolve;
    });
  }

  close(): void {
    this.isClosed = true;
    this.arrived();
  }

  /** The consumer is gone: the producer waits for it no longer. */
  leave(): void {
    this.hasLeft = true;
    this.consumed();
  }

  /** Says that the last batch is consumed and waits for the next; undefined when none will come. */
  async take(): Promise<ModelEvent[] | undefined> {
    this.consumed();
    if (this.batch === undefined && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.arrived = resolve;
      });
    }
    const { batch } = this;
    this.batch = undefined;
    return batch;
  }
}
