import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type FaultPlan,
  type Sandbox,
  SANDBOX_FAULTS,
  type SandboxFault,
  startSandbox,
} from '../../../src/sandbox/index.js';
import { childEnvironment } from '../../child-environment.js';
import { compiledProgram } from '../../compiled-program.js';
import { answered, ask, exchange, GPT_CHAT, SandboxClient, until } from './sandbox-client.js';

describe('Sandbox token exchange', () => {
  let sandbox: Sandbox;
  let strict: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox();
    strict = await startSandbox({ token: 'glpat-only' });
  });

  afterAll(() => Promise.all([sandbox.close(), strict.close()]));

  it('grants a token with headers and an expiry', async () => {
    const response = await exchange(sandbox);
    expect(response.status).toBe(201);
    const granted = (await response.json()) as { token: string; headers: Record<string, unknown>; expires_at: number };
    expect(granted.token).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(granted.expires_at - Date.now() / 1000).toBeGreaterThan(3500);
    expect(Object.values(granted.headers)).toEqual(expect.arrayContaining([42, null]));
    const names = Object.keys(granted.headers);
    expect(names.filter((name) => name.toLowerCase() === 'x-api-key')).toHaveLength(3);
    expect(names).toEqual(expect.arrayContaining(['X-Gitlab-Realm', 'x-gitlab-unit-primitive']));
  });

  it('never grants the same token twice', async () => {
    const [first, second] = await Promise.all([exchange(sandbox), exchange(sandbox)]);
    const [left, right] = (await Promise.all([first.json(), second.json()])) as [{ token: string }, { token: string }];
    expect(left.token).not.toBe(right.token);
  });

  it.each([
    ['glpat-revoked-1', 'Token was revoked'],
    ['glpat-expired-1', 'Token is expired'],
    ['glcbt-64_job', '401 Unauthorized'],
  ])('refuses %s', async (token, reason) => {
    const response = await exchange(sandbox, token);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain(reason);
  });

  it('accepts only its configured token', async () => {
    expect((await exchange(strict, 'glpat-only')).status).toBe(201);
    expect((await exchange(strict, 'glpat-other')).status).toBe(401);
  });

  it('refuses a request without a token', async () => {
    const url = `${sandbox.url}/api/v4/ai/third_party_agents/direct_access`;
    const response = await fetch(url, { method: 'POST', headers: { 'private-token': 'glpat-any' } });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ message: '401 Unauthorized' });
  });

  it('answers 404 for other paths of the instance', async () => {
    const response = await fetch(`${sandbox.url}/api/v4/version`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: '404 Not Found' });
  });

  it('counts exchanges, and records the last body without secrets', async () => {
    sandbox.reset();
    await exchange(sandbox, 'glpat-secret');
    await exchange(sandbox, 'glpat-revoked');
    expect(sandbox.calls.exchanges).toBe(2);
    expect(sandbox.calls.lastExchange?.body).toEqual({ feature_flags: { DuoAgentPlatformNext: true } });
    expect(JSON.stringify(sandbox.calls)).not.toContain('glpat-');
  });
});

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

describe('Sandbox gateway admission', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const body = ask('anthropic-messages', 'Hello');

  it.each([
    'ai/v1/proxy/anthropic/v1/messages',
    'ai/v1/proxy/anthropic/v1/messages?beta=true',
    'v1/proxy/anthropic/v1/messages',
  ])('serves /%s', async (path) => {
    const init = { method: 'POST', headers: client.headers, body: JSON.stringify(body) };
    expect((await fetch(`${sandbox.url}/${path}`, init)).status).toBe(200);
  });

  it.each([
    'ai/v1/proxy/anthropic/v1/messages/',
    'ai/v1/proxy//anthropic/v1/messages',
    '/ai/v1/proxy/anthropic/v1/messages',
    'ai/v1/proxy/anthropic/v1/messages?beta=1',
    'ai/v1/proxy/openai/v1/chat/completions?beta=true',
    'ai/v1/proxy/openai/v1/models',
  ])('answers 404 at /%s', async (path) => {
    const init = { method: 'POST', headers: client.headers, body: JSON.stringify(body) };
    const response = await fetch(`${sandbox.url}/${path}`, init);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ detail: 'Not found' });
  });

  it('accepts only POST', async () => {
    expect((await fetch(client.url('anthropic-messages'), { headers: client.headers })).status).toBe(404);
  });

  it.each([
    ['authorization', undefined, 401, { error: 'No authorization header presented' }],
    ['authorization', 'Bearer eyJ.eyJ.x', 401, { error: 'Forbidden by auth provider' }],
    ['x-gitlab-realm', undefined, 401, { error: "Header mismatch 'X-Gitlab-Realm'" }],
    ['x-gitlab-realm', 'saas', 401, { error: "Header mismatch 'X-Gitlab-Realm'" }],
    ['x-gitlab-user-id', undefined, 401, { error: "Header mismatch 'X-Gitlab-User-Id'" }],
    ['x-api-key', 'never-forward-this', 400, { detail: 'Unexpected x-api-key header' }],
    ['content-type', 'text/plain', 400, { detail: 'Missing content-type header' }],
    ['anthropic-version', undefined, 400, { detail: 'Missing anthropic-version header' }],
  ])('refuses %s: %s', async (name, value, status, expected) => {
    const headers: Record<string, string> = { ...client.headers };
    if (value === undefined) Reflect.deleteProperty(headers, name);
    else headers[name] = value;
    const answer = await client.post('anthropic-messages', body, headers);
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual(expected);
  });

  it('refuses a body that is not JSON', async () => {
    const init = { method: 'POST', headers: client.headers, body: '{"model":' };
    const answer = await answered(await fetch(client.url('openai-chat'), init));
    expect([answer.status, answer.json]).toEqual([400, { detail: 'Invalid JSON' }]);
  });

  it('refuses a lone surrogate', async () => {
    const answer = await client.post('openai-chat', ask('openai-chat', 'A lone \ud83d'));
    expect([answer.status, answer.json]).toEqual([400, { detail: 'Invalid JSON' }]);
  });

  it('refuses a body past 32 MB', async () => {
    const answer = await client.post('openai-chat', ask('openai-chat', 'x'.repeat(32 * 1024 * 1024)));
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({ error: { type: 'request_too_large' } });
  });

  it.each([['duo-chat-sonnet-4-6'], [GPT_CHAT], [undefined]])('refuses the model %s on Messages', async (model) => {
    const answer = await client.post('anthropic-messages', { ...body, model });
    expect([answer.status, answer.json]).toEqual([400, { detail: 'Unsupported model' }]);
  });

  it('refuses a token as soon as it is revoked or expires', async () => {
    const other = await SandboxClient.connect(sandbox);
    expect((await other.post('anthropic-messages', body)).status).toBe(200);
    sandbox.fault({ fault: 'revoke-tokens' });
    expect((await other.post('anthropic-messages', body)).status).toBe(401);
    sandbox.fault({ fault: 'exchange-short-lived', expiresInSeconds: 1 });
    const brief = await SandboxClient.connect(sandbox);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await brief.post('anthropic-messages', body)).json).toEqual({ error: 'Forbidden by auth provider' });
    client = await SandboxClient.connect(sandbox);
  });
});

describe('Sandbox life cycle', () => {
  let sandbox: Sandbox;

  afterEach(() => sandbox.close());

  const control = (path: string, init?: RequestInit) => fetch(`${sandbox.url}/sandbox/${path}`, init);
  const plan = (body: unknown) => control('faults', { method: 'POST', body: JSON.stringify(body) });

  it('listens on the given host and port', async () => {
    sandbox = await startSandbox();
    const { port } = sandbox;
    await sandbox.close();
    sandbox = await startSandbox({ port });
    expect([sandbox.port, sandbox.url]).toEqual([port, `http://127.0.0.1:${port}`]);
    await expect(startSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('is controlled over HTTP', async () => {
    sandbox = await startSandbox();
    expect((await plan({ fault: 'exchange-forbidden', times: 0 })).status).toBe(201);
    expect((await exchange(sandbox)).status).toBe(403);
    expect((await control('faults', { method: 'DELETE' })).status).toBe(200);
    expect((await exchange(sandbox)).status).toBe(201);
    const calls: unknown = await (await control('calls')).json();
    expect(calls).toMatchObject({ exchanges: 2, requests: { 'openai-chat': 0 }, openStreams: 0 });
  });

  it('explains over HTTP what is wrong with a fault plan', async () => {
    sandbox = await startSandbox();
    const refused = await answered(await plan({ fault: 'nonsense' }));
    expect(refused.status).toBe(400);
    expect(refused.text).toMatch(/Unknown fault .*nonsense.*Known faults: exchange-unauthorized, /);
    expect((await control('faults', { method: 'POST', body: '{' })).status).toBe(400);
  });

  it('counts requests, streams and sockets, and records the last bodies', async () => {
    sandbox = await startSandbox();
    const client = await SandboxClient.connect(sandbox);
    await client.stream('openai-chat', 'One');
    await client.post('openai-chat', { model: 'nonsense' });
    expect(sandbox.calls).toMatchObject({ requests: { 'openai-chat': 2, 'anthropic-messages': 0 }, endedStreams: 1 });
    expect(sandbox.calls.lastRequests['openai-chat']).toMatchObject({
      body: { model: 'nonsense' },
      headers: { 'x-gitlab-realm': 'self-managed' },
    });
    expect(sandbox.calls.openSockets).toBeGreaterThan(0);
    sandbox.reset();
    expect(sandbox.calls).toMatchObject({
      exchanges: 0,
      requests: { 'openai-chat': 0 },
      endedStreams: 0,
      lastExchange: null,
    });
    expect((await client.stream('openai-chat', 'Two')).status).toBe(200);
  });

  it('streams a long answer at a readable pace, with the history hash at its end', async () => {
    sandbox = await startSandbox({ chunkDelayMs: 0 });
    const client = await SandboxClient.connect(sandbox);
    const { json } = await client.post('anthropic-messages', ask('anthropic-messages', 'Tell me a STORY'));
    const [{ text }] = (json as { content: [{ text: string }] }).content;
    expect(text.split('. ')).toHaveLength(63);
    expect(text).toMatch(/ Turn 1\. You said: "Tell me a STORY"\. History: [0-9a-f]{12}\.$/);
  });

  it.each([
    ['a story at its own pace', {}, 'Tell me a story', 25],
    ['anything at the pace it is told', { chunkDelayMs: 40 }, 'Hello', 40],
  ])('streams %s, one chunk at a time', async (_what, options, prompt, pace) => {
    sandbox = await startSandbox(options);
    const client = await SandboxClient.connect(sandbox);
    const start = performance.now();
    let text = '';
    void client.packets('openai-chat', ask('openai-chat', prompt, { stream: true }), (packet) => {
      text += packet.toString();
    });
    const deltas = () => text.match(/"content":"[^"]+"/g)?.length ?? 0;
    await until(() => deltas() >= 6);
    expect(performance.now() - start).toBeGreaterThanOrEqual((deltas() - 1) * pace - 2);
  });

  it('closes every socket and timer immediately', async () => {
    sandbox = await startSandbox({ chunkDelayMs: 60_000 });
    const client = await SandboxClient.connect(sandbox);
    sandbox.fault({ fault: 'stream-late-first-byte', api: 'openai-chat' });
    sandbox.fault({ fault: 'stream-stall', api: 'openai-responses', afterChunks: 0 });
    const open = (['anthropic-messages', 'openai-chat', 'openai-responses'] as const).map((api) =>
      client.packets(api, ask(api, 'Hello', { stream: true })),
    );
    await until(() => sandbox.calls.openStreams === 3);
    sandbox.fault({ fault: 'exchange-hang' });
    sandbox.fault({ fault: 'exchange-latency', delayMs: 60_000 });
    const exchanges = Promise.allSettled([exchange(sandbox), exchange(sandbox)]);
    await until(() => sandbox.calls.exchanges === 3);
    await sandbox.close();
    expect((await Promise.all(open)).map(({ end }) => end)).toEqual(Array(3).fill('ECONNRESET'));
    expect((await exchanges).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(exchange(sandbox)).rejects.toThrow();
    await sandbox.close();
  });

  it('lets its process end', async () => {
    const program = async (file: string): Promise<string> => pathToFileURL(await compiledProgram(file)).href;
    const script = `
      import { startSandbox } from '${await program('src/sandbox/index.ts')}';
      import { ask, exchange, SandboxClient } from '${await program('test/unit/sandbox/sandbox-client.ts')}';
      const sandbox = await startSandbox({ chunkDelayMs: 60_000 });
      const client = await SandboxClient.connect(sandbox);
      for (const api of ['openai-chat', 'openai-responses']) void client.packets(api, ask(api, 'Hello', { stream: true }));
      for (const fault of ['exchange-hang', 'exchange-latency']) {
        sandbox.fault({ fault, delayMs: 60_000 });
        exchange(sandbox).catch(() => undefined);
      }
      while (sandbox.calls.openStreams < 2 || sandbox.calls.exchanges < 3) await new Promise((go) => setTimeout(go, 5));
      if (process.argv[1] === 'close') await sandbox.close();
      console.log('done');
    `;
    const run = async (...how: string[]) => {
      const node = spawn(process.execPath, ['--input-type=module', '-e', script, ...how], {
        env: childEnvironment(),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(node, 'exit');
      await once(node.stdout, 'data');
      return { node, exited };
    };
    sandbox = await startSandbox();
    const closed = await run('close');
    expect(await closed.exited).toEqual([0, null]);
    const open = await run();
    await new Promise((resolve) => setTimeout(resolve, 500));
    open.node.kill();
    expect(await open.exited).toEqual([null, 'SIGTERM']);
  }, 120_000);

  it('frees its port', async () => {
    sandbox = await startSandbox();
    await sandbox.close();
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(sandbox.port, '127.0.0.1', resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  });
});
