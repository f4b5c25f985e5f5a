import { type RunEventBatch } from './live-run.js';
import { type RunEvent } from './run-event.interface.js';
import { type RunLog } from './run-log.interface.js';

/** How many events are read from a log at a time, about. */
export const MAX_READ = 256;

/**
 * After a takeover the events of a run continue at the next multiple of this, so that an id which the dead process sent
 * and did not log can be recognised.
 */
export const TAKEOVER_STRIDE = 1_000_000;

/** What of a batch a follower at `next` does not have; `undefined` for nothing. */
export function restOf(batch: RunEventBatch, next: number): RunEventBatch | undefined {
  const { firstIndex, events } = batch;
  if (firstIndex >= next) return batch;
  const rest = events.slice(next - firstIndex);
  return rest.length === 0 ? undefined : { firstIndex: next, events: rest };
}

/** The index after the last event of a batch. */
export function endOf({ firstIndex, events }: RunEventBatch): number {
  return firstIndex + events.length;
}

/** The events of a log from an index on. */
export async function* loggedBatches(log: RunLog, runId: string, from: number): AsyncGenerator<RunEventBatch> {
  for (let next = from; ;) {
    const batches = await log.read(runId, next, MAX_READ);
    if (batches.length === 0) return;
    for (const batch of batches) {
      const rest = restOf(batch, next);
      if (rest === undefined) continue;
      next = endOf(rest);
      yield rest;
    }
  }
}

/** Where a message that has begun and not ended begins. */
export interface OpenMessage {
  messageId: string;
  index: number;
}

/** Looks in the events of a run, in order, for the message that is under way. */
export class OpenMessageSearch {
  found: OpenMessage | undefined;
  /** The index after the last event. */
  next = 0;

  add(batch: RunEventBatch): void {
    for (const [place, event] of batch.events.entries()) this.see(event, batch.firstIndex + place);
    this.next = endOf(batch);
  }

  private see(event: RunEvent, index: number): void {
    if (event.type === 'message-start') this.found = { messageId: event.messageId, index };
    else if (event.type === 'message-end') this.found = undefined;
  }
}
