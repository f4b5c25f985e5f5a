import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { InstanceLeases } from '../../../src/runs/instance-leases.service.js';
import { type LeaseStore, type Sweep } from '../../../src/runs/lease-store.interface.js';

/** Keeps leases in memory, and can be away. */
class MemoryLeases implements LeaseStore {
  renewals = 0;
  released = 0;
  isAway = false;
  hasSession = false;
  onChange = (): void => undefined;

  open(_instanceId: string, onChange: () => void): void {
    this.onChange = onChange;
  }

  renew(): Promise<number> {
    this.renewals += 1;
    return this.isAway ? Promise.reject(new Error('away')) : Promise.resolve(this.hasSession ? 60_000 : 15_000);
  }

  sweep(): Promise<Sweep> {
    return Promise.resolve({ missing: [], orphans: [], queued: [], cancelled: [], followed: [], lost: [] });
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

  it('renews at once when its session has come or gone, once there are runs', async () => {
    leases.open(store);
    store.onChange();
    expect(store.renewals).toBe(0);
    await leases.hold(store);
    store.hasSession = true;
    store.onChange();
    await jest.advanceTimersByTimeAsync(0);
    expect(store.renewals).toBe(2);
    await leases.release();
  });
});
