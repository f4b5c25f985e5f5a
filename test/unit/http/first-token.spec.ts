import { describe, expect, it } from '@jest/globals';
import { problem } from '../../../src/errors/problem.js';
import { failedBeforeFirstToken } from '../../../src/http/first-token.js';
import { noUsage } from '../../../src/messages/usage.js';
import { LiveRun } from '../../../src/runs/live-run.js';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';

const start: RunEvent[] = [
  { type: 'run-start', runId: 'r', chatId: 'c', userMessageId: null },
  { type: 'message-start', messageId: 'm', role: 'assistant' },
];
const delta: RunEvent = { type: 'text-delta', text: 'Hi' };
const failure: RunEvent = { type: 'error', problem: problem('upstream_error', 'no') };
/** Longer than a test may take. */
const LONG_MS = 60_000;
const { signal } = new AbortController();

function runWith(...events: RunEvent[]): LiveRun {
  const run = new LiveRun('r', 'c');
  run.append([...start, ...events]);
  return run;
}

function held(waiting: Promise<unknown>): Promise<unknown> {
  return Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 30, 'held'))]);
}

describe('failedBeforeFirstToken', () => {
  it('waits for the first token', async () => {
    const run = runWith();
    const waiting = failedBeforeFirstToken(run, LONG_MS, signal);
    expect(await held(waiting)).toBe('held');
    run.append([delta]);
    expect(await waiting).toBe(false);
  });

  it('reports an error before the first token', async () => {
    expect(await failedBeforeFirstToken(runWith(failure), LONG_MS, signal)).toBe(true);
    expect(await failedBeforeFirstToken(runWith(delta, failure), LONG_MS, signal)).toBe(false);
    const run = runWith();
    const waiting = failedBeforeFirstToken(run, LONG_MS, signal);
    run.append([failure]);
    expect(await waiting).toBe(true);
  });

  it('waits no longer than its limit', async () => {
    expect(await failedBeforeFirstToken(runWith(), 30, signal)).toBe(false);
  });

  it('stops with the run, and when its signal aborts', async () => {
    const run = runWith();
    const waiting = failedBeforeFirstToken(run, LONG_MS, signal);
    run.end({ status: 'completed', message: null, usage: noUsage });
    expect(await waiting).toBe(false);
    const leaving = new AbortController();
    const left = failedBeforeFirstToken(runWith(), LONG_MS, leaving.signal);
    expect(await held(left)).toBe('held');
    leaving.abort();
    expect(await left).toBe(false);
  });
});
