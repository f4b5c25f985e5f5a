import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import {
  type FaultPlan,
  type Sandbox,
  type SandboxFault,
  SANDBOX_FAULTS,
  startSandbox,
} from '../../../src/sandbox/index.js';
import { answered, ask, exchange, SandboxClient, until } from './sandbox-client.js';

describe('Sandbox exchange faults', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox();
  });

  afterEach(() => {
    sandbox.reset();
  });

  afterAll(() => sandbox.close());

  const REPLIES: Partial<Record<SandboxFault, [status: number, body: unknown]>> = {
    'exchange-unauthorized': [401, { message: '401 Unauthorized' }],
    'exchange-expired': [
      401,
      { error: 'invalid_token', error_description: expect.stringContaining('Token is expired') },
    ],
    'exchange-revoked': [
      401,
      { error: 'invalid_token', error_description: expect.stringContaining('Token was revoked') },
    ],
    'exchange-insufficient-scope': [403, expect.objectContaining({ error: 'insufficient_scope' })],
    'exchange-forbidden': [403, { message: '403 Forbidden' }],
    'exchange-not-found': [404, { error: '404 Not Found' }],
    'exchange-creation-failed': [503, { message: 'Token creation failed' }],
    'exchange-token-missing': [503, { message: 'Token is missing in response' }],
    'exchange-http-error': [503, { message: 'An HTTP error occurred when creating a Direct Access Token.' }],
    'exchange-missing-namespace': [503, { message: 'Missing default GitLab Duo namespace user preference' }],
    'exchange-empty-object': [201, {}],
    'exchange-null-headers': [201, expect.objectContaining({ token: expect.any(String), headers: null })],
  };

  it.each(Object.entries(REPLIES))('answer once with %s, then succeed', async (fault, [status, body]) => {
    sandbox.fault({ fault: fault as SandboxFault });
    const broken = await answered(await exchange(sandbox));
    expect(broken.status).toBe(status);
    expect(broken.json).toEqual(body);
    expect((await exchange(sandbox)).status).toBe(201);
  });

  it('sends a login page', async () => {
    sandbox.fault({ fault: 'exchange-login-page' });
    const { status, headers, text } = await answered(await exchange(sandbox));
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toContain('<title>Sign in');
  });

  it.each([
    [undefined, '1'],
    [7, '7'],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT'],
  ])('send a rate limit with Retry-After %s', async (retryAfter, expected) => {
    sandbox.fault({ fault: 'exchange-rate-limit', retryAfter });
    const { status, headers, text } = await answered(await exchange(sandbox));
    expect([status, headers.get('retry-after'), text.trim()]).toEqual([429, expected, 'Retry later']);
  });

  it('send truncated JSON', async () => {
    sandbox.fault({ fault: 'exchange-invalid-json' });
    const { status, headers, json } = await answered(await exchange(sandbox));
    expect([status, headers.get('content-type'), json]).toEqual([201, 'application/json', undefined]);
  });

  it('omit expires_at', async () => {
    sandbox.fault({ fault: 'exchange-no-expiry' });
    const granted = await (await exchange(sandbox)).json();
    expect(Object.keys(granted as object)).toEqual(['token', 'headers']);
  });

  it('accept a token that came without headers', async () => {
    sandbox.fault({ fault: 'exchange-null-headers' });
    const { token } = (await (await exchange(sandbox)).json()) as { token: string };
    const client = await SandboxClient.connect(sandbox);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'anthropic-version': '1' };
    const answer = await client.post('anthropic-messages', ask('anthropic-messages', 'Hello'), headers);
    expect(answer.status).toBe(200);
  });

  it('delay a correct answer', async () => {
    sandbox.fault({ fault: 'exchange-latency' });
    const start = performance.now();
    expect((await exchange(sandbox)).status).toBe(201);
    expect(performance.now() - start).toBeGreaterThanOrEqual(495);
  });

  it('delay 50 concurrent callers, and count them all', async () => {
    // One after the other would take longer than a test may.
    sandbox.fault({ fault: 'exchange-latency', delayMs: 1_000, times: 0 });
    const start = performance.now();
    const answers = await Promise.all(Array.from({ length: 50 }, () => exchange(sandbox)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(201));
    expect(performance.now() - start).toBeGreaterThanOrEqual(995);
    expect(sandbox.calls.exchanges).toBe(50);
  });

  it('redirect to another host', async () => {
    sandbox.fault({ fault: 'exchange-redirect' });
    expect((await exchange(sandbox)).status).toBe(404);
    const [stray] = sandbox.calls.strayRequests;
    expect(stray).toMatchObject({ method: 'POST', url: '/api/v4/ai/third_party_agents/direct_access' });
    expect(stray?.body).toEqual({ feature_flags: { DuoAgentPlatformNext: true } });
    expect(stray?.headers).not.toHaveProperty('authorization');
  });

  it('grant a token for the given number of seconds', async () => {
    sandbox.fault({ fault: 'exchange-short-lived', expiresInSeconds: 30 });
    const { expires_at } = (await (await exchange(sandbox)).json()) as { expires_at: number };
    expect(expires_at - Date.now() / 1000).toBeLessThanOrEqual(30);
  });

  it('reset the socket', async () => {
    sandbox.fault({ fault: 'exchange-reset' });
    await expect(exchange(sandbox)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  it('hang until the client gives up', async () => {
    sandbox.fault({ fault: 'exchange-hang' });
    const before = sandbox.calls.openSockets;
    const leaving = new AbortController();
    const url = `${sandbox.url}/api/v4/ai/third_party_agents/direct_access`;
    const hanging = fetch(url, { method: 'POST', signal: leaving.signal });
    await until(() => sandbox.calls.exchanges === 1);
    leaving.abort();
    await expect(hanging).rejects.toMatchObject({ name: 'AbortError' });
    await until(() => sandbox.calls.openSockets <= before);
  });

  it('occur in the order of their plans, as often as planned', async () => {
    sandbox.fault({ fault: 'exchange-not-found', times: 2 });
    sandbox.fault({ fault: 'exchange-forbidden', times: 0 });
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await exchange(sandbox)).status);
    expect(statuses).toEqual([404, 404, 403, 403, 403]);
    sandbox.reset();
    expect((await exchange(sandbox)).status).toBe(201);
  });

  it.each([
    { fault: 'no-such-fault' },
    { fault: 'exchange-hang', times: -1 },
    { fault: 'exchange-hang', api: 'x' },
    null,
  ])('refuse the plan %j', (plan) => {
    expect(() => {
      sandbox.fault(plan as FaultPlan);
    }).toThrow(TypeError);
  });

  it('have unique names', () => {
    expect(new Set(SANDBOX_FAULTS).size).toBe(SANDBOX_FAULTS.length);
  });
});
