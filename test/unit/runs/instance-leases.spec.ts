import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { InstanceLeases } from '../../../src/runs/instance-leases.service.js';
import { type LeaseStore } from '../../../src/runs/run-store.interface.js';

/** Keeps leases in memory, and can be away. */
class MemoryLeases implements LeaseStore {
  renewals = 0;
  released = 0;
  isAway = false;

  renew(): Promise<void> {
    this.renewals += 1;
    return this.isAway ? Promise.reject(new Error('away')) : Promise.resolve();
  }

  release(): Promise<void> {
    this.released += 1;
    return Promise.resolve();
  }
}

let store: MemoryLeases;
let leases: InstanceLeases;

beforeEach(() => {
  Logger.overrideLogger(false);
  jest.useFakeTimers();
  store = new MemoryLeases();
  leases = new InstanceLeases();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('InstanceLeases', () => {
  it('needs a round trip only at first, and a heartbeat every 5 s', async () => {
    for (let run = 0; run < 3; run += 1) await leases.hold(store);
    expect(store.renewals).toBe(1);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(store.renewals).toBe(13);
    await leases.hold(store);
    expect(store.renewals).toBe(13);
    await leases.release();
    await jest.advanceTimersByTimeAsync(60_000);
    expect([store.renewals, store.released]).toEqual([13, 1]);
  });

  it('renews a lease that may have expired before a run begins, and begins none without a lease', async () => {
    await leases.hold(store);
    store.isAway = true;
    await jest.advanceTimersByTimeAsync(14_000);
    const before = store.renewals;
    await expect(leases.hold(store)).rejects.toThrow('away');
    store.isAway = false;
    await leases.hold(store);
    expect(store.renewals).toBe(before + 2);
    await leases.release();
  });
});
