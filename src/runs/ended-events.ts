import { type RunEventBatch } from './live-run.js';
import { endOf, loggedBatches, restOf, TAKEOVER_STRIDE } from './logged-events.js';
import { isFinal, rebuiltEvents, resets } from './rebuilt-events.js';
import { type RunEvent } from './run-event.interface.js';
import { type RunStore } from './run-store.interface.js';
import { type StoredRun } from './stored-run.interface.js';

/**
 * The events of an ended run that a follower does not have: all after its last one, where the log knows that one. If not,
 * resets take back what the follower has, and all events follow, from the log or else from the stored messages.
 */
export async function* endedBatches(
  { log }: RunStore,
  stored: StoredRun,
  after: number,
): AsyncGenerator<RunEventBatch, void, undefined> {
  if (after === stored.lastEventIndex) return;
  if (log !== undefined) {
    let isKnown = false;
    for await (const batch of loggedBatches(log, stored.record.id, Math.max(after, 0))) {
      isKnown ||= continuesAt(batch, after);
      if (!isKnown) break;
      const rest = restOf(batch, after + 1);
      if (rest) yield rest;
    }
    if (isKnown) return;
    if (after >= 0) {
      for await (const batch of loggedBatches(log, stored.record.id, 0)) {
        if (!isKnown && batch.firstIndex > 0) break;
        if (!isKnown) yield resets(stored, after);
        isKnown = true;
        yield batch;
      }
      if (isKnown) return;
    }
  }
  const events = rebuiltEvents(stored);
  // Where a log had other indices, such a position may be one in the middle of the run.
  if (log === undefined && after === events.length - 1) return;
  if (isNearEnd(stored, after)) yield { firstIndex: after + 1, events: events.slice(-endLength(stored)) };
  else {
    if (after >= 0 && stored.messages.length > 0) yield resets(stored, after);
    yield { firstIndex: 0, events, isRebuilt: true };
  }
}

/** How many events say nothing but that the run has ended. */
function endLength({ record }: StoredRun): number {
  return record.error === null ? 1 : 2;
}

/** Whether a follower lacks nothing but these. */
function isNearEnd(stored: StoredRun, after: number): boolean {
  return after >= 0 && after + endLength(stored) === stored.lastEventIndex;
}

/** Whether a run has, or may still emit, events after an index. */
export async function hasEventsAfter(store: RunStore, stored: StoredRun, after: number): Promise<boolean> {
  if (!isFinal(stored.record.status)) return true;
  for await (const _batch of endedBatches(store, stored, after)) return true;
  return false;
}

/** Whether the first batch that was read from the position of a follower has what comes next for it. */
function continuesAt(batch: RunEventBatch, after: number): boolean {
  if (batch.firstIndex <= Math.max(after, 0)) return endOf(batch) > after;
  // A takeover corrects followers that have more than the log, unless nothing was under way.
  return after >= 0 && batch.firstIndex % TAKEOVER_STRIDE === 0 && takesBack(batch.events);
}

function takesBack(events: readonly RunEvent[]): boolean {
  const first = events.find(({ type }) => type === 'reset' || type === 'message-start');
  return first?.type === 'reset';
}
