import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServerBusyError } from '../../../src/errors/request.errors.js';
import {
  GatewayAuthError,
  InsufficientCreditsError,
  RateLimitError,
  UpstreamError,
  UpstreamTimeoutError,
} from '../../../src/errors/upstream.errors.js';
import { type Client, clientOf, failure, PAT } from './client.js';
import { closed, grant, held, json, reset, silence, startUpstream, type Upstream } from './upstream.js';

const PREFIX = 'Failed to obtain GitLab direct access token: ';

let upstream: Upstream;
let client: Client;

beforeEach(async () => {
  upstream = await startUpstream();
  client = clientOf(upstream.url);
});

afterEach(async () => {
  await client.close();
  await upstream.close();
});

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

describe('TokenExchange', () => {
  it('sends the documented request', async () => {
    await client.exchange.get();
    const { path, headers, body } = upstream.exchange();
    expect(path).toBe('/api/v4/ai/third_party_agents/direct_access');
    expect(headers.authorization).toBe(`Bearer ${PAT}`);
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body)).toEqual({ feature_flags: { DuoAgentPlatformNext: true } });
  });

  it('exchanges once for 50 callers at a time', async () => {
    const exchange = held(grant());
    upstream.onExchange(exchange.reply);
    const asked = Promise.all(Array.from({ length: 50 }, () => client.exchange.get(new AbortController().signal)));
    exchange.release();
    const tokens = await asked;
    expect(upstream.exchanges).toHaveLength(1);
    expect(new Set(tokens).size).toBe(1);
    expect(await client.exchange.get()).toBe(tokens[0]);
    expect(upstream.exchanges).toHaveLength(1);
  });

  it('reuses a token until a minute before it expires', async () => {
    const token = { token: 't', expires_at: inSeconds(3_600) };
    upstream.onExchange(json(201, token, { date: new Date(inSeconds(0) * 1_000).toUTCString() }));
    const first = await client.exchange.get();
    expect(first.lifetimeMs).toBe(3_540_000);
    expect(await client.exchange.get()).toBe(first);
  });

  it('does not reuse a token that expires within a minute', async () => {
    upstream.onExchange(grant({ expires_at: inSeconds(59) }));
    await client.exchange.get();
    await client.exchange.get();
    expect(upstream.exchanges).toHaveLength(2);
  });

  it('reuses a token without expiry for 25 minutes', async () => {
    upstream.onExchange(grant({ expires_at: undefined }));
    const { lifetimeMs } = await client.exchange.get();
    expect(lifetimeMs).toBe(25 * 60_000);
    await client.exchange.get();
    expect(upstream.exchanges).toHaveLength(1);
  });

  it('accepts any 2xx', async () => {
    upstream.onExchange(json(200, { token: 'plain' }));
    expect(await client.exchange.get()).toMatchObject({ token: 'plain', headers: {} });
  });

  it('keeps the other waiters when one aborts', async () => {
    const exchange = held(grant());
    upstream.onExchange(exchange.reply);
    const leaving = new AbortController();
    const others = [client.exchange.get(), client.exchange.get(new AbortController().signal)];
    const left = failure(client.exchange.get(leaving.signal));
    await exchange.isDue;
    leaving.abort(new Error('changed my mind'));
    expect(await left).toBe(leaving.signal.reason);
    exchange.release();
    const tokens = await Promise.all(others);
    expect(tokens[0]).toBe(tokens[1]);
    expect(upstream.exchanges).toHaveLength(1);
    expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0);
  });

  it('aborts the exchange when the last waiter aborts, and starts again for the next', async () => {
    upstream.onExchange(silence, grant());
    const leaving = new AbortController();
    const left = Promise.all([
      failure(client.exchange.get(leaving.signal)),
      failure(client.exchange.get(leaving.signal)),
    ]);
    const received = await upstream.arrival('exchange');
    leaving.abort();
    const next = client.exchange.get();
    await closed(received);
    expect(await left).toEqual([leaving.signal.reason, leaving.signal.reason]);
    expect((await next).token).toMatch(/^gateway-token-/);
  });

  it('rejects an aborted signal without an exchange', async () => {
    expect(await failure(client.exchange.get(AbortSignal.abort('no')))).toBe('no');
    expect(upstream.exchanges).toHaveLength(0);
  });

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    await client.exchange.get(signal);
    await Promise.resolve();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('does not cache a failure', async () => {
    upstream.onExchange(json(500, ''), grant());
    await failure(client.exchange.get());
    expect((await client.exchange.get()).token).toMatch(/^gateway-token-/);
  });

  it('forgets a token only while it is the current one', async () => {
    const first = await client.exchange.get();
    client.exchange.invalidate(first);
    const second = await client.exchange.get();
    client.exchange.invalidate(first);
    expect(await client.exchange.get()).toBe(second);
    expect(upstream.exchanges).toHaveLength(2);
  });

  it('echoes the allowed headers with unchanged values', async () => {
    upstream.onExchange(
      grant({
        headers: {
          'X-Gitlab-Realm': 'saas',
          'x-gitlab-user-id': 42,
          'X-Gitlab-Feature-Enabled-By-Namespace-Ids': '',
          'x-gitlab-enabled': true,
          'x-gitlab-null': null,
          'x-gitlab-object': { a: 1 },
          'x-gitlab-cr': 'a\r\nx-api-key: b',
          'x-gitlab-emoji': '🙂',
          'bad name': 'x',
          'x-api-key': 'k1',
          'X-Api-Key': 'k2',
          'X-API-KEY': 'k3',
          AUTHORIZATION: 'Bearer other',
          Host: 'evil',
          'Content-Length': 0,
          Connection: 'close',
          'Transfer-Encoding': 'chunked',
          'Content-Type': 'text/plain',
        },
      }),
    );
    expect((await client.exchange.get()).headers).toEqual({
      'X-Gitlab-Realm': 'saas',
      'x-gitlab-user-id': '42',
      'X-Gitlab-Feature-Enabled-By-Namespace-Ids': '',
      'x-gitlab-enabled': 'true',
    });
  });

  it('echoes headers with the names of inherited properties', async () => {
    const headers = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
    upstream.onExchange(grant({ headers }));
    expect(Object.entries((await client.exchange.get()).headers)).toEqual(Object.entries(headers));
  });

  it('treats null headers as none', async () => {
    upstream.onExchange(grant({ headers: null }));
    expect((await client.exchange.get()).headers).toEqual({});
  });

  const revoked = { error: 'invalid_token', error_description: 'Token was revoked. You have to re-authorize.' };
  const html = '<!DOCTYPE html><html><head><title>Sign in · GitLab</title></head></html>';
  it.each([
    ['401', json(401, { message: '401 Unauthorized' }), GatewayAuthError, /wrong, expired or revoked/, false],
    ['401 revoked', json(401, revoked), GatewayAuthError, /Token was revoked/, false],
    ['403 scope', json(403, { error: 'insufficient_scope' }), GatewayAuthError, /lacks the scope ai_features/, false],
    [
      '403',
      json(403, { message: '403 Forbidden' }),
      GatewayAuthError,
      /Duo is off for this instance, group or user/,
      false,
    ],
    ['402', json(402, { message: 'no credits' }), InsufficientCreditsError, /Credits/, false],
    [
      '404',
      json(404, { error: '404 Not Found' }),
      UpstreamError,
      /too old or not GitLab EE. Check the instance URL/,
      false,
    ],
    [
      'HTML',
      json(200, html, { 'content-type': 'text/html' }),
      UpstreamError,
      /single sign-on.*Sign in · GitLab/,
      false,
    ],
    ['302', json(302, '', { location: 'https://sso.example/login' }), UpstreamError, /redirects/, false],
    ['503', json(503, { message: 'Token creation failed' }), UpstreamError, /Credits.*Token creation failed/, true],
    [
      '503 namespace',
      json(503, { message: 'Missing default GitLab Duo namespace user preference' }),
      GatewayAuthError,
      /must pick a default GitLab Duo namespace/,
      false,
    ],
    ['502', json(502, '<html>Bad Gateway</html>'), UpstreamError, /Try again/, true],
    ['418', json(418, { message: 'teapot' }), UpstreamError, /refused.*teapot/, false],
    ['bad JSON', json(201, '{"token":'), UpstreamError, /holds no token/, false],
    ['{}', json(201, {}), UpstreamError, /holds no token/, false],
    ['token of two lines', json(201, { token: 'a\r\nb' }), UpstreamError, /holds no token/, false],
    ['reset', reset, UpstreamError, /The connection to .* failed/, true],
  ] as const)('explains %s', async (_name, reply, type, advice, isRetryable) => {
    upstream.onExchange(reply);
    const error = (await failure(client.exchange.get())) as UpstreamError;
    expect(error).toBeInstanceOf(type);
    expect(error.message.startsWith(PREFIX)).toBe(true);
    expect(error.message).toMatch(advice);
    expect(error.isRetryable).toBe(isRetryable);
  });

  it.each([
    ['seconds', '7', 7_000],
    ['a date', 'Wed, 21 Oct 2026 07:29:30 GMT', 90_000],
  ])('parses Retry-After in %s', async (_name, header, expected) => {
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
    upstream.onExchange(json(429, 'Retry later', { 'retry-after': header, date, 'content-type': 'text/plain' }));
    const error = (await failure(client.exchange.get())) as RateLimitError;
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.isRetryable).toBe(true);
    expect(error.retryAfterMs).toBe(expected);
    expect(error.message).toContain('Retry later');
  });

  it('times out while it waits for the response', async () => {
    client = clientOf(upstream.url, { timeouts: { firstByteMs: 100 } });
    upstream.onExchange(silence);
    const error = (await failure(client.exchange.get())) as UpstreamTimeoutError;
    expect(error).toBeInstanceOf(UpstreamTimeoutError);
    expect(error.message).toMatch(/^Failed to obtain .* did not begin to answer in time/);
    expect(error.isRetryable).toBe(true);
  });

  it('limits the duration of the whole exchange', async () => {
    client = clientOf(upstream.url, { timeouts: { totalMs: 100 } });
    upstream.onExchange((response) => {
      response.writeHead(201);
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => {
        clearInterval(drip);
      });
    });
    expect(await failure(client.exchange.get())).toBeInstanceOf(UpstreamTimeoutError);
  });

  it('limits the size of the body', async () => {
    upstream.onExchange((response) => {
      response.writeHead(500);
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', pour);
      pour();
    });
    const error = (await failure(client.exchange.get())) as UpstreamError;
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error.message.length).toBeLessThan(1_000);
  });

  it('never shows a secret', async () => {
    upstream.onExchange(json(401, { message: `Token ${PAT} of Bearer abc.def is invalid` }));
    const { message } = (await failure(client.exchange.get())) as GatewayAuthError;
    expect(message).not.toContain(PAT);
    expect(message).not.toContain('abc.def');
  });

  it('explains that the application is shutting down', async () => {
    await client.close();
    expect(await failure(client.exchange.get())).toBeInstanceOf(ServerBusyError);
  });
});
