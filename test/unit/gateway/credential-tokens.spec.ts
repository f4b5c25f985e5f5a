import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GatewayAuthError, RateLimitError, UpstreamError } from '../../../src/errors/upstream.errors.js';
import { CredentialTokens } from '../../../src/gateway/credential-tokens.js';

const LIFETIME_MS = 3_600_000;
const RENEWAL_MS = LIFETIME_MS * 0.8;

beforeEach(() => {
  Logger.overrideLogger(false);
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Tokens whose renewals fail with this. */
function failingWith(error: Error) {
  let exchanges = 0;
  const tokens = new CredentialTokens(() => {
    exchanges += 1;
    const token = { token: `t${exchanges}`, headers: {}, lifetimeMs: LIFETIME_MS };
    return exchanges === 1 ? Promise.resolve(token) : Promise.reject(error);
  });
  return { tokens, exchanges: () => exchanges };
}

/** Tokens whose exchanges end when they are asked to. */
function told() {
  const exchanges: (() => void)[] = [];
  const tokens = new CredentialTokens(
    () =>
      new Promise((resolve) => {
        const token = { token: `t${exchanges.length + 1}`, headers: {}, lifetimeMs: LIFETIME_MS };
        exchanges.push(() => {
          resolve(token);
        });
      }),
  );
  const first = tokens.get();
  exchanges[0]?.();
  return { tokens, first, exchanges };
}

describe('A gateway token', () => {
  it('is renewed in the background while callers use it', async () => {
    const { tokens, first, exchanges } = told();
    await first;
    await jest.advanceTimersByTimeAsync(RENEWAL_MS + 1);
    expect(exchanges).toHaveLength(2);
    expect(await tokens.get()).toBe(await first);
    exchanges[1]?.();
    await jest.advanceTimersByTimeAsync(0);
    expect(await tokens.get()).toMatchObject({ token: 't2' });
    await jest.advanceTimersByTimeAsync(RENEWAL_MS + 1);
    expect(exchanges).toHaveLength(3);
    tokens.close();
  });

  it('expires if it is not used', async () => {
    const { tokens, first, exchanges } = told();
    await first;
    await jest.advanceTimersByTimeAsync(RENEWAL_MS + 1);
    exchanges[1]?.();
    await jest.advanceTimersByTimeAsync(10 * LIFETIME_MS);
    expect(exchanges).toHaveLength(2);
    const next = tokens.get();
    exchanges[2]?.();
    expect(await next).toMatchObject({ token: 't3' });
    tokens.close();
  });
});

describe('A failed renewal', () => {
  it.each([
    ['half a minute later', new UpstreamError('no', { isRetryable: true }), 30_000],
    ['no sooner when told to hurry', new RateLimitError('no', { isRetryable: true, retryAfterMs: 0 }), 30_000],
    ['later when told so', new RateLimitError('no', { isRetryable: true, retryAfterMs: 300_000 }), 300_000],
  ])('is retried %s', async (_name, error, delayMs) => {
    const { tokens, exchanges } = failingWith(error);
    const first = await tokens.get();
    await jest.advanceTimersByTimeAsync(RENEWAL_MS + 1);
    expect(exchanges()).toBe(2);
    await jest.advanceTimersByTimeAsync(delayMs - 1_000);
    expect(exchanges()).toBe(2);
    await jest.advanceTimersByTimeAsync(1_001);
    expect(exchanges()).toBe(3);
    expect(await tokens.get()).toBe(first);
    tokens.close();
  });

  it.each([
    ['that nothing will change', new GatewayAuthError('revoked')],
    ['whose next try would come too late', new RateLimitError('no', { isRetryable: true, retryAfterMs: LIFETIME_MS })],
  ])('is not retried after an error %s', async (_name, error) => {
    const { tokens, exchanges } = failingWith(error);
    const first = await tokens.get();
    await jest.advanceTimersByTimeAsync(LIFETIME_MS - 1_000);
    expect(exchanges()).toBe(2);
    expect(await tokens.get()).toBe(first);
    await jest.advanceTimersByTimeAsync(2_000);
    await expect(tokens.get()).rejects.toBe(error);
  });
});
