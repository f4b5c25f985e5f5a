import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type GitlabDuoError } from '../../../src/errors/gitlab-duo.error.js';
import { GatewayAuthError, RateLimitError, UpstreamError } from '../../../src/errors/upstream.errors.js';
import { CredentialTokens } from '../../../src/gateway/credential-tokens.js';
import { tokenLifetimeMs } from '../../../src/gateway/token-exchange.js';
import { pythonBytes } from '../../../src/sandbox/faults/python-bytes.js';
import { type Client, clientOf, Collector, failure } from './client.js';
import { grant, held, json, type Reply, silence, sse, startUpstream, type Upstream } from './upstream.js';

describe('Gateway tokens', () => {
  let upstream: Upstream;
  let client: Client;

  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  beforeEach(async () => {
    upstream = await startUpstream();
    client = clientOf(upstream.url);
  });

  afterEach(async () => {
    await client.close();
    await upstream.close();
  });

  let issued = 0;

  /** A token that is used for so long, told by an instance whose clock has nothing to do with ours. */
  function lasting(ms: number): Reply {
    return (response) => {
      const clock = Date.UTC(2040, 0, 1);
      response.writeHead(201, { 'content-type': 'application/json', date: new Date(clock).toUTCString() });
      issued += 1;
      response.end(JSON.stringify({ token: `lasting-${issued}`, expires_at: (clock + 60_000 + ms) / 1000 }));
    };
  }

  describe('GatewayTokens', () => {
    it('joins callers whose token was rejected to the renewal in progress', async () => {
      const renewal = held(grant());
      upstream.onExchange(lasting(200), renewal.reply);
      const first = await client.exchange.get();
      await renewal.isDue;
      client.exchange.invalidate(first);
      const joined = Promise.all([client.exchange.get(), client.exchange.get()]);
      renewal.release();
      const [one, two] = await joined;
      expect(one).toBe(two);
      expect(one).not.toBe(first);
      expect(upstream.exchanges).toHaveLength(2);
    });

    it('continues a renewal that a caller joined and left', async () => {
      const renewal = held(grant());
      upstream.onExchange(lasting(200), renewal.reply);
      const first = await client.exchange.get();
      await renewal.isDue;
      client.exchange.invalidate(first);
      await failure(client.exchange.get(AbortSignal.timeout(20)));
      const next = client.exchange.get();
      renewal.release();
      await next;
      expect(upstream.exchanges).toHaveLength(2);
    });

    it('renews nothing after shutdown', async () => {
      upstream.onExchange(lasting(200));
      await client.exchange.get();
      await client.close();
      await sleep(300);
      expect(upstream.exchanges).toHaveLength(1);
    });

    it.each([
      ['ahead', -24 * 3_600],
      ['behind', 24 * 3_600],
    ])('exchanges once if the local clock is a day %s', async (_name, offset) => {
      const theirs = Date.now() + offset * 1_000;
      const token = { token: 't', expires_at: Math.floor(theirs / 1000) + 3_600 };
      upstream.onExchange(json(201, token, { date: new Date(theirs).toUTCString() }));
      for (let turn = 0; turn < 5; turn += 1) await client.exchange.get();
      expect(upstream.exchanges).toHaveLength(1);
    });
  });

  describe('GatewayTokens with many credentials', () => {
    /** Every credential gets a gateway token that names it. */
    const named: Reply = (response, { headers }) => {
      json(201, { token: `gateway-of-${headers.authorization?.slice(7)}`, headers: { 'x-gitlab-user-id': 'u' } })(
        response,
        undefined as never,
      );
    };
    const call = (ownerId: string | null) => ({
      path: '/anthropic/v1/messages',
      headers: {},
      body: JSON.stringify({ ownerId }),
      caller: { ownerId },
      sink: new Collector(),
    });

    beforeEach(() => {
      upstream.onExchange((...reply) => setTimeout(named, Math.random() * 30, ...reply));
      client = clientOf(upstream.url, {
        apiKey: undefined,
        credentials: ({ ownerId }) => (ownerId === 'anna' ? Promise.resolve('pat-anna') : `pat-${ownerId}`),
      });
    });

    it('never mixes up their tokens', async () => {
      upstream.onGateway(sse('data: end\n\n'));
      const owners = Array.from({ length: 60 }, (_, index) => ['anna', 'bert', null][index % 3] ?? null);
      await Promise.all(owners.map((owner) => client.gateway.stream(call(owner))));
      expect(upstream.exchanges).toHaveLength(3);
      expect(upstream.requests).toHaveLength(60);
      for (const { headers, body } of upstream.requests) {
        const { ownerId } = JSON.parse(body) as { ownerId: string | null };
        expect(headers.authorization).toBe(`Bearer gateway-of-pat-${ownerId}`);
      }
    });

    it('renews only the token that was rejected', async () => {
      upstream.onGateway(sse('data: end\n\n'));
      for (const owner of ['anna', 'bert']) await client.gateway.stream(call(owner));
      upstream.onGateway(json(401, { error: 'Forbidden by auth provider' }), sse('data: end\n\n'));
      await client.gateway.stream(call('anna'));
      await client.gateway.stream(call('bert'));
      expect(upstream.exchanges.map(({ headers }) => headers.authorization)).toEqual([
        'Bearer pat-anna',
        'Bearer pat-bert',
        'Bearer pat-anna',
      ]);
    });

    it('keeps the other tokens if one exchange fails', async () => {
      upstream.onExchange((...reply) => {
        (reply[1].headers.authorization?.endsWith('bert') ? json(401, { message: '401' }) : named)(...reply);
      });
      const [anna, bert] = await Promise.allSettled(['anna', 'bert'].map((ownerId) => client.tokens.get({ ownerId })));
      expect(anna).toMatchObject({ status: 'fulfilled' });
      expect(bert).toMatchObject({ status: 'rejected', reason: { code: 'gateway_auth_failed' } });
    });

    it('keeps the 1,000 most recently used tokens', async () => {
      upstream.onExchange(named);
      const get = (owner: number) => client.tokens.get({ ownerId: String(owner) });
      for (let owner = 0; owner < 1_000; owner += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, index) => get(owner + index)));
      }
      await get(0);
      expect(upstream.exchanges).toHaveLength(1_000);
      await get(1_000);
      await get(0);
      expect(upstream.exchanges).toHaveLength(1_001);
      await get(1);
      expect(upstream.exchanges).toHaveLength(1_002);
    });

    it('passes the owner to the credentials option', async () => {
      const asked: unknown[] = [];
      client = clientOf(upstream.url, {
        credentials: ({ signal, ...caller }) => {
          asked.push(caller, signal?.aborted);
          return 'pat';
        },
      });
      await client.tokens.get({ ownerId: 'anna', chatId: 'c1' });
      expect(asked).toEqual([{ ownerId: 'anna', chatId: 'c1' }, false]);
    });

    it.each([
      ['nothing', () => ''],
      ['no string', () => undefined as unknown as string],
      ['two lines', () => 'a\r\nb'],
    ])('explains a credentials option that returns %s', async (_name, credentials) => {
      client = clientOf(upstream.url, { credentials });
      const error = (await failure(client.tokens.get({ ownerId: 'anna' }))) as GitlabDuoError;
      expect(error).toBeInstanceOf(GatewayAuthError);
      expect(error.message).toMatch(/"credentials" .* gave no token for the owner anna/);
      expect(upstream.exchanges).toHaveLength(0);
    });

    it('explains a credentials option that fails, and rethrows errors of this package', async () => {
      const reasons = [new Error('vault'), new RateLimitError('later')];
      const credentials = () => Promise.reject(reasons.shift() ?? new Error());
      client = clientOf(upstream.url, { credentials });
      const error = (await failure(client.tokens.get({ ownerId: null }))) as GitlabDuoError;
      expect(error).toBeInstanceOf(GatewayAuthError);
      expect(error.cause).toMatchObject({ message: 'vault' });
      expect(error.isRetryable).toBe(false);
      expect(await failure(client.tokens.get({ ownerId: null }))).toBeInstanceOf(RateLimitError);
    });

    it('lets a caller abort while the credentials option runs', async () => {
      let told: AbortSignal | undefined;
      const leaving = new AbortController();
      client = clientOf(upstream.url, {
        credentials: ({ signal }) => {
          told = signal;
          setImmediate(() => {
            leaving.abort();
          });
          return new Promise(() => undefined);
        },
      });
      expect(await failure(client.tokens.get({ ownerId: null }, leaving.signal))).toBe(leaving.signal.reason);
      expect(told?.aborted).toBe(true);
    });
  });

  describe('GatewayClient.check', () => {
    const nobody = { ownerId: null };

    const invalid = { type: 'invalid_request_error', message: 'model: Field required' };

    it.each([
      [400, { detail: 'Invalid JSON' }],
      [400, { detail: 'Unsupported model' }],
      [400, { detail: 'Failed to extract model name' }],
      [422, { detail: 'Validation error' }],
      [422, { detail: [{ loc: ['body', 'model'], msg: 'field required' }] }],
      [400, { type: 'error', error: invalid }],
      [400, { error: { ...invalid, code: null, param: 'model' } }],
      [400, { message: pythonBytes(JSON.stringify({ type: 'error', error: invalid })) }],
    ])('succeeds when the probe is rejected for its empty body: %i %j', async (status, body) => {
      upstream.onGateway(json(status, body));
      await client.gateway.check(nobody);
      expect(upstream.exchanges).toHaveLength(1);
      expect(upstream.request().body).toBe('{}');
    });

    it.each([
      ['a revoked credential', json(401, { message: '401 Unauthorized' }), undefined, /wrong, expired or revoked/],
      ['a wrong gateway', undefined, json(404, { detail: 'Not found' }), /gatewayPrefix/],
      ['no credits', undefined, json(402, { error: 'insufficient_credits' }), /no GitLab Credits/],
      ['a page in between', undefined, json(200, '<html>', { 'content-type': 'text/html' }), /text\/html instead/],
      [
        'a page that refuses',
        undefined,
        json(400, '<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>'),
        /Check gatewayUrl, and what stands in between .*HTTPS port/,
      ],
      [
        'a header that is missing',
        undefined,
        json(400, { detail: 'Missing X-Gitlab-Global-User-Id header' }),
        /Check that instanceUrl and gatewayUrl belong together.*Global-User-Id/,
      ],
      [
        'a header that the list of the missing has',
        undefined,
        json(422, { detail: [{ loc: ['header', 'x-gitlab-realm'], msg: 'field required' }] }),
        /Check that instanceUrl and gatewayUrl belong together.*x-gitlab-realm/,
      ],
      [
        "a vendor's header that is missing",
        undefined,
        json(400, { error: { ...invalid, message: 'anthropic-version: header is required' } }),
        /header is required/,
      ],
      ['a gateway that lacks a key', undefined, json(400, { detail: 'API key not found' }), /API key not found/],
      [
        'a token that the gateway refuses',
        undefined,
        json(401, { error: 'Forbidden by auth provider' }),
        /belong together/,
      ],
    ])('explains what is wrong: %s', async (_name, exchange, gateway, message) => {
      await client.exchange.get();
      if (exchange) upstream.onExchange(exchange);
      if (gateway) upstream.onGateway(gateway);
      const error = (await failure(client.gateway.check(nobody))) as GitlabDuoError;
      expect(error.message).toMatch(message);
    });

    it('can be aborted', async () => {
      upstream.onGateway(silence);
      const signal = AbortSignal.timeout(50);
      expect(await failure(client.gateway.check(nobody, signal))).toBe(signal.reason);
    });

    it('reports an unknown host', async () => {
      await upstream.close();
      expect(await failure(client.gateway.check(nobody))).toBeInstanceOf(UpstreamError);
      upstream = await startUpstream();
    });
  });
});

const LIFETIME_MS = 3_600_000;
const RENEWAL_MS = LIFETIME_MS * 0.8;

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

describe('Tokens of a credential', () => {
  beforeEach(() => {
    Logger.overrideLogger(false);
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

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
      [
        'whose next try would come too late',
        new RateLimitError('no', { isRetryable: true, retryAfterMs: LIFETIME_MS }),
      ],
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
});

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const now = Date.UTC(2026, 0, 1);
const seconds = (ms: number) => Math.floor((now + ms) / 1000);
const date = (ms: number) => new Date(now + ms).toUTCString();

describe('tokenLifetimeMs', () => {
  beforeAll(() => void jest.useFakeTimers({ now }));
  afterAll(() => void jest.useRealTimers());

  it.each([
    ['an hour, clocks agree', seconds(HOUR_MS), date(0), 59 * MINUTE_MS],
    ['an hour, ours is a day ahead', seconds(-23 * HOUR_MS), date(-24 * HOUR_MS), 59 * MINUTE_MS],
    ['an hour, ours is a day behind', seconds(25 * HOUR_MS), date(24 * HOUR_MS), 59 * MINUTE_MS],
    ['an hour, no date', seconds(HOUR_MS), undefined, 59 * MINUTE_MS],
    ['an hour, a date that is none', seconds(HOUR_MS), 'yesterday', 59 * MINUTE_MS],
    ['no date, and ours is a day ahead', seconds(-23 * HOUR_MS), undefined, 25 * MINUTE_MS],
    ['dead on arrival', seconds(-1_000), date(0), 25 * MINUTE_MS],
    ['half a minute', seconds(MINUTE_MS / 2), date(0), -MINUTE_MS / 2],
    ['a year', seconds(365 * 24 * HOUR_MS), date(0), 24 * HOUR_MS],
    ['no end', undefined, date(0), 25 * MINUTE_MS],
    ['an end that is no number', '2030-01-01', date(0), 25 * MINUTE_MS],
  ])('%s', (_name, expiresAt, dateHeader, expected) => {
    expect(tokenLifetimeMs(expiresAt, dateHeader)).toBe(expected);
  });
});
