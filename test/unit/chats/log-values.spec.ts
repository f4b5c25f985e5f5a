import { describe, expect, it } from '@jest/globals';
import { logValues } from '../../../src/chats/store/log-values.js';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';
import { type FinishRun } from '../../../src/runs/run-store.interface.js';
import { finalEvents } from '../../../src/runs/final-events.js';
import { noUsage } from '../../../src/messages/usage.js';

const tricky = '"seq":-1,\\"seq":-1';
const delta: RunEvent = { type: 'text-delta', text: tricky };
const run: FinishRun = {
  runId: 'run',
  chatId: 'chat',
  fence: 0,
  status: 'completed',
  answer: {
    id: 'message',
    status: 'complete',
    text: tricky,
    parts: [{ type: 'tool-call', id: '1', name: 'seek', arguments: { seq: -1, text: tricky } }],
    model: 'duo-chat-haiku-4-5',
    finishReason: 'tool-calls',
    finishDetail: null,
    createdAt: '2026-01-01T00:00:00.000Z',
  },
  prefixDigest: null,
  attempt: null,
  error: null,
  answerUsage: noUsage,
  usage: noUsage,
  unlogged: { sent: undefined, fresh: { firstIndex: 4, events: [delta] } },
  supersedes: [],
};

/** The last batch as the database joins it. */
function lastBatch(values: unknown[], seq: number): unknown {
  const [head, tail] = [values[3] as string, values[4] as string | null];
  return JSON.parse(head + (tail === null ? '' : String(seq) + tail));
}

describe('the parameters that end the log of a run', () => {
  it('logs the same events that followers get, split around the seq of the answer', () => {
    const values = logValues(run);
    const message = { ...run.answer, seq: 17, chatId: 'chat', runId: 'run', role: 'assistant' } as never;
    expect(lastBatch(values, 17)).toEqual([delta, ...finalEvents(run, message)]);
    expect([values[0], values[1], values[2], values[5]]).toEqual([null, null, 4, 6]);
  });

  it('logs why a run without an answer failed, and needs no seq for that', () => {
    const error = { type: 'x', title: 'x', status: 502, detail: tricky, code: 'upstream_error' as const };
    const failed: FinishRun = { ...run, status: 'failed', answer: null, error };
    const values = logValues(failed);
    expect(values[4]).toBeNull();
    expect(lastBatch(values, 17)).toEqual([delta, ...finalEvents(failed, null)]);
  });

  it('repeats a batch that was sent unchanged, and continues after it', () => {
    const unlogged = { sent: { firstIndex: 2, events: [delta, delta] }, fresh: { firstIndex: 4, events: [] } };
    const values = logValues({ ...run, unlogged });
    expect(values.slice(0, 3)).toEqual([2, JSON.stringify([delta, delta]), 4]);
    expect(values[5]).toBe(5);
  });
});
