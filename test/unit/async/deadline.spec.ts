import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { DeadlineError, withDeadline } from '../../../src/async/deadline.js';

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

/** Settles a moment after its signal has aborted. */
async function stopsLate(signal: AbortSignal): Promise<string> {
  while (!signal.aborted) await sleep(1);
  await sleep(10);
  return 'stopped';
}

describe('withDeadline', () => {
  it('returns what the work returns, at once or later', async () => {
    expect(await withDeadline(() => 'now', { ms: 1_000 })).toBe('now');
    expect(await withDeadline(() => sleep(1, 'later'), { ms: 1_000 })).toBe('later');
  });

  it('rejects with what the work throws, at once or later', async () => {
    const wrong = new Error('wrong');
    const thrower = (): never => {
      throw wrong;
    };
    await expect(withDeadline(thrower, { ms: 1_000 })).rejects.toBe(wrong);
    await expect(withDeadline(() => Promise.reject(wrong), { ms: 1_000 })).rejects.toBe(wrong);
  });

  it('rejects with a DeadlineError when the time is up, and aborts the signal of the work with it', async () => {
    let given: AbortSignal | undefined;
    const late = withDeadline(
      (signal) => {
        given = signal;
        return never();
      },
      { ms: 5 },
    );
    await expect(late).rejects.toThrow(new DeadlineError(5));
    expect(given?.reason).toBeInstanceOf(DeadlineError);
  });

  it('rejects with the reason of an aborted signal', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const stopped = withDeadline(never, { signal: controller.signal });
    controller.abort(reason);
    await expect(stopped).rejects.toBe(reason);
  });

  it('does not start work whose signal has aborted already', async () => {
    let isStarted = false;
    const start = (): void => {
      isStarted = true;
    };
    await expect(withDeadline(start, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    expect(isStarted).toBe(false);
  });

  it('waits for work that settles within its grace period', async () => {
    expect(await withDeadline(stopsLate, { ms: 5, graceMs: 5_000 })).toBe('stopped');
    await expect(withDeadline(stopsLate, { ms: 5, graceMs: 1 })).rejects.toBeInstanceOf(DeadlineError);
    expect(await withDeadline(stopsLate, { signal: AbortSignal.abort(), graceMs: 5_000 })).toBe('stopped');
  });

  it('leaves no listener on the outer signal and no timer behind', async () => {
    const timers = activeTimers();
    const { signal } = new AbortController();
    await withDeadline(() => sleep(1), { ms: 60_000, signal, graceMs: 60_000 });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(activeTimers()).toBe(timers);
  });
});
