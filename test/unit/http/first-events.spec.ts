import { describe, expect, it } from '@jest/globals';
import { problem } from '../../../src/errors/problem.js';
import { firstEvents } from '../../../src/http/first-events.js';
import { noUsage } from '../../../src/messages/usage.js';
import { LiveRun, type RunEventBatch } from '../../../src/runs/live-run.js';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';

const start: RunEvent[] = [
  { type: 'run-start', runId: 'r', chatId: 'c', userMessageId: null },
  { type: 'message-start', messageId: 'm', role: 'assistant' },
];
const delta: RunEvent = { type: 'text-delta', text: 'Hi' };
const failure: RunEvent = { type: 'error', problem: problem('upstream_error', 'no') };
const LONG_MS = 20_000;

function runWith(...events: RunEvent[]): LiveRun {
  const run = new LiveRun('r', 'c');
  run.append([...start, ...events]);
  return run;
}

async function eventsOf(batches: AsyncIterable<RunEventBatch>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const batch of batches) events.push(...batch.events);
  return events;
}

describe('firstEvents', () => {
  it('waits for what the model says, and loses nothing', async () => {
    const run = runWith();
    const waiting = firstEvents(run.follow(), LONG_MS);
    await expect(Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 30, 'held'))])).resolves.toBe(
      'held',
    );
    run.append([delta]);
    const { hasFailed, batches } = await waiting;
    run.append([delta]);
    run.end({ status: 'completed', message: null, usage: noUsage });
    expect(hasFailed).toBe(false);
    expect(await eventsOf(batches)).toEqual([...start, delta, delta]);
  });

  it('tells an error that came before any word', async () => {
    expect((await firstEvents(runWith(failure).follow(), LONG_MS)).hasFailed).toBe(true);
    expect((await firstEvents(runWith(delta, failure).follow(), LONG_MS)).hasFailed).toBe(false);
  });

  it('waits no longer than it is told to', async () => {
    const run = runWith();
    const { hasFailed, batches } = await firstEvents(run.follow(), 30);
    expect(hasFailed).toBe(false);
    run.append([failure]);
    run.end({ status: 'failed', message: null, usage: noUsage, error: new Error('no') });
    expect(await eventsOf(batches)).toEqual([...start, failure]);
  });
});
