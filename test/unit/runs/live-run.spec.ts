import { describe, expect, it } from '@jest/globals';
import { noUsage } from '../../../src/messages/usage.js';
import { LiveRun } from '../../../src/runs/live-run.js';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';

const delta = (text: string): RunEvent => ({ type: 'text-delta', text });

async function collect(run: LiveRun, index?: number): Promise<[number, string][]> {
  const seen: [number, string][] = [];
  for await (const { firstIndex, events } of run.follow(undefined, index)) {
    events.forEach((event, place) => seen.push([firstIndex + place, event.type === 'text-delta' ? event.text : '']));
  }
  return seen;
}

describe('LiveRun', () => {
  it('delivers every event with its index to every follower, early or late', async () => {
    const run = new LiveRun('run', 'chat');
    const early = collect(run);
    run.append([delta('a'), delta('b')]);
    const middle = collect(run, 1);
    await Promise.resolve();
    run.append([delta('c')]);
    run.end({ status: 'completed', message: null, usage: noUsage });
    expect(await early).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
    expect(await middle).toEqual([
      [1, 'b'],
      [2, 'c'],
    ]);
    expect(await collect(run)).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
  });

  it('releases a leaving follower at once, without leaks', async () => {
    const run = new LiveRun('run', 'chat');
    const leaving = new AbortController();
    const follower = run.follow(leaving.signal);
    const next = follower.next();
    leaving.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('keeps the first stop reason', async () => {
    const run = new LiveRun('run', 'chat');
    run.stop('cancelled');
    run.stop('interrupted');
    expect([run.stopReason, run.signal.aborted]).toEqual(['cancelled', true]);
    run.end({ status: 'cancelled', message: null, usage: noUsage });
    expect(await run.result).toMatchObject({ status: 'cancelled' });
  });
});
