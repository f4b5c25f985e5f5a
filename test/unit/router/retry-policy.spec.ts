import { describe, expect, it } from '@jest/globals';
import { GatewayAuthError, RateLimitError, UpstreamError } from '../../../src/errors/upstream.errors.js';
import { RetryPolicy } from '../../../src/router/retry-policy.js';

const transient = new UpstreamError('no', { isRetryable: true });
const policy = (tries = 10, budgetMs = 60_000) => new RetryPolicy({ tries, budgetMs });

describe('RetryPolicy', () => {
  it('backs off exponentially, with full jitter, up to 8 s', () => {
    const bounds = [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000];
    const runs = Array.from({ length: 500 }, () => {
      const fresh = policy();
      return bounds.map(() => fresh.delayAfter(transient) ?? NaN);
    });
    for (const [index, bound] of bounds.entries()) {
      const highest = Math.max(...runs.map((delays) => delays[index] ?? NaN));
      expect(highest).toBeLessThan(bound);
      expect(highest).toBeGreaterThan(bound * 0.9);
    }
    expect(Math.min(...Array.from({ length: 500 }, () => policy().delayAfter(transient) ?? NaN))).toBeLessThan(50);
  });

  it('limits the number of tries, including the first', () => {
    const three = policy(3);
    expect([1, 2, 3].map(() => three.delayAfter(transient) !== null)).toEqual([true, true, false]);
  });

  it('waits as long as the upstream asks for, within the budget', () => {
    const wait = (retryAfterMs: number) => new RateLimitError('no', { isRetryable: true, retryAfterMs });
    expect(policy().delayAfter(wait(30_000))).toBe(30_000);
    expect(policy().delayAfter(wait(60_001))).toBeNull();
  });

  it('retries a rejected credential once, after a delay', () => {
    const refused = new GatewayAuthError('no', { isRetryable: true });
    const fresh = policy();
    const delay = fresh.delayAfter(refused);
    expect(delay).toBeGreaterThanOrEqual(500);
    expect(delay).toBeLessThan(1_000);
    expect(fresh.delayAfter(refused)).toBeNull();
  });

  it('does not retry a permanent error', () => {
    expect(policy().delayAfter(new UpstreamError('no'))).toBeNull();
    expect(policy().delayAfter(new Error('no'))).toBeNull();
  });
});
