import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ThrottlerStorage } from '@nestjs/throttler';
import { MAX_FAILURES } from '../../src/app/access/failed-keys.js';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { KeptLogger } from './support/kept-logger.js';
import { PLATFORMS, startTestServer, type TestServer } from './support/test-server.js';
import { testTool } from './support/test-tool.js';
import { useTestServer } from './support/use-test-host.js';

const anna = { owner: 'anna', key: 'k9:vR2#mQ7+wXz/4Lp' };
const annaToo = { owner: 'anna', key: 'Another-key-of-anna' };
const bert = { owner: 'bert', key: 'A-key-of-bert-alone' };
const apiKeys = [anna, annaToo, bert];

interface Problem {
  code: string;
  detail: string;
}

async function problemOf(sent: Promise<HttpAnswer>): Promise<[number, string | undefined, HttpAnswer]> {
  const response = await sent;
  const { code } = response.body as Partial<Problem>;
  return [response.status, code, response];
}

describe('A server with API keys', () => {
  let server: TestServer;
  let client: HttpClient;
  const logger = new KeptLogger();

  beforeAll(async () => {
    server = await startTestServer({ apiKeys, logger, trustProxy: ['127.0.0.1'] });
    client = new HttpClient(server.url, anna.key);
  });
  afterAll(() => server.close());

  function get(path: string, headers: Record<string, string>): Promise<[number, string | undefined, HttpAnswer]> {
    return problemOf(new HttpClient(server.url).send('GET', path, undefined, headers));
  }

  it('admits an owner by any of its keys', async () => {
    const chatId = await client.createChat();
    const found = await Promise.all(
      apiKeys.map(({ key }) => new HttpClient(server.url, key).send('GET', `/chats/${chatId}`)),
    );
    expect(found.map(({ status }) => status)).toEqual([200, 200, 404]);
    expect(await server.database.query('SELECT owner_id FROM chats WHERE id = $1', [chatId])).toEqual([
      { owner_id: 'anna' },
    ]);
  });

  it.each<[string, Record<string, string>]>([
    ['no key', {}],
    ['a wrong key', { authorization: 'Bearer this-is-no-key-of-yours' }],
    ['the beginning of a key', { authorization: `Bearer ${anna.key.slice(0, -1)}` }],
    ['a key and more', { authorization: `Bearer ${anna.key}x` }],
    ['a key in another case', { authorization: `Bearer ${annaToo.key.toUpperCase()}` }],
    ['an owner for a key', { authorization: 'Bearer anna' }],
    ['a key in another scheme', { authorization: `Basic ${anna.key}` }],
    ['a key without a scheme', { authorization: anna.key }],
    ['a key in another header', { 'x-api-key': anna.key }],
  ])('answers 401 to %s', async (_name, headers) => {
    for (const path of ['/chats', '/models', '/nowhere']) {
      const [status, code, response] = await get(path, { ...headers, 'x-forwarded-for': '192.0.2.1' });
      expect([status, code, response.get('www-authenticate')]).toEqual([401, 'unauthorized', 'Bearer']);
      expect(response.get('content-type')).toContain('application/problem+json');
    }
  });

  it('accepts the scheme in any letter case', async () => {
    expect((await get('/chats', { authorization: `bearer ${anna.key}` }))[0]).toBe(200);
  });

  it('exposes only health publicly', async () => {
    const open: string[] = [];
    for (const { method, path } of server.routes) {
      const response = await new HttpClient(server.url).send(method, path.replaceAll(/:\w+/g, 'x'));
      if (response.status !== 401) open.push(path);
    }
    expect(open.length).toBeGreaterThan(0);
    for (const path of open) expect(path).toMatch(/^\/(health|docs)\b/);
  });

  it('requires a key for a path that looks like a public one', async () => {
    for (const path of ['/health/..%2fchats', '/health/../chats', '//chats', '/%63hats', '/chats?/health/live'])
      expect((await get(path, {}))[0]).toBe(401);
  });

  it('refuses the body of an unauthorized request before reading it', async () => {
    const response = await new HttpClient(server.url).send('POST', '/chats', { title: 'x'.repeat(1_100_000) });
    expect(response.status).toBe(401);
    expect((await client.send('POST', '/chats', { title: 'x'.repeat(1_100_000) })).status).toBe(413);
  });

  it('answers 404 for an unknown route to an authorized caller', async () => {
    expect((await problemOf(client.send('GET', '/nowhere'))).slice(0, 2)).toEqual([404, 'not_found']);
  });

  it('blocks guessing of keys from one address only', async () => {
    const guess = (index: number, ip: string): Promise<[number, string | undefined, HttpAnswer]> =>
      get('/chats', { authorization: `Bearer guess-number-${index}-of-many`, 'x-forwarded-for': ip });
    const ask = async (key: string, ip: string): Promise<number> =>
      (await get('/chats', { authorization: `Bearer ${key}`, 'x-forwarded-for': ip }))[0];

    expect(await ask(bert.key, '192.0.2.7')).toBe(200);
    for (let index = 0; index < MAX_FAILURES; index += 1) expect((await guess(index, '192.0.2.7'))[0]).toBe(401);
    const [status, code, response] = await guess(MAX_FAILURES, '192.0.2.7');
    expect([status, code]).toEqual([429, 'rate_limited']);
    const retryAfter = Number(response.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);

    expect(await ask(anna.key, '192.0.2.7')).toBe(429);
    expect(await ask(bert.key, '192.0.2.7')).toBe(200);
    expect(await ask(anna.key, '192.0.2.8')).toBe(200);
    expect(logger.lines.join('\n')).toContain('192.0.2.7');
  });

  it('counts an IPv6 network as one address', async () => {
    const guess = async (index: number): Promise<number> => {
      const headers = {
        authorization: `Bearer guess-number-${index}-of-many`,
        'x-forwarded-for': `2001:db8::${index}`,
      };
      return (await get('/chats', headers))[0];
    };
    for (let index = 0; index < MAX_FAILURES; index += 1) await guess(index);
    expect(await guess(MAX_FAILURES)).toBe(429);
  });

  it('shows no key in a response, a row or the log', async () => {
    const chatId = await client.createChat();
    const shown = await Promise.all([
      client.send('GET', `/nowhere/${encodeURIComponent(anna.key)}`),
      client.send('GET', `/nowhere/${annaToo.key}`),
      client.send('GET', `/chats/${annaToo.key}`),
      client.send('PATCH', `/chats/${chatId}`, { [bert.key]: 1 }),
      client.send('GET', `/models?${bert.key}`),
    ]);
    const texts = shown.map((response) => response.text);
    for (const table of ['chats', 'duo_runs', 'duo_attempts'])
      texts.push(JSON.stringify(await server.database.query(`SELECT * FROM ${table}`)));
    for (const { key } of apiKeys) expect([...texts, ...logger.lines].join('\n')).not.toContain(key);
  });
});

describe('A server without API keys', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  function send(method: string, path: string, headers: Record<string, string>): Promise<[number, string]> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(server.url + path, { method, headers }, (response) => {
        text(response).then((body) => {
          resolve([response.statusCode ?? 0, body]);
        }, reject);
      });
      request.on('error', reject);
      request.end();
    });
  }

  it.each(['127.0.0.1', 'localhost:3000', '[::1]:3000', 'app.localhost', 'LOCALHOST'])(
    'serves the host name %s, as the owner local',
    async (host) => {
      const [status, body] = await send('POST', '/chats', { host });
      expect(status).toBe(201);
      const { id } = JSON.parse(body) as { id: string };
      expect(await server.database.query('SELECT owner_id FROM chats WHERE id = $1', [id])).toEqual([
        { owner_id: 'local' },
      ]);
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '0.0.0.0',
    '192.168.1.7',
    '[::]',
    'x@y z',
  ])('refuses the host name %s, which a web page may have rebound to this machine', async (host) => {
    const [status, body] = await send('GET', '/chats', { host });
    expect([status, JSON.parse(body)]).toMatchObject([
      403,
      { code: 'forbidden', detail: expect.stringContaining('API_KEYS') },
    ]);
    expect((await send('GET', '/nowhere', { host }))[0]).toBe(403);
    expect((await send('GET', '/health/live', { host }))[0]).toBe(200);
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1.evil.example', 'http://localhost@evil.example'])(
    'refuses requests from a page of %s',
    async (origin) => {
      const [before] = await send('GET', '/chats', {});
      const [status, body] = await send('POST', '/chats', { origin });
      expect([before, status, JSON.parse(body)]).toMatchObject([200, 403, { code: 'forbidden' }]);
    },
  );

  it('serves pages of this machine', async () => {
    expect((await send('POST', '/chats', { origin: 'http://localhost:5173' }))[0]).toBe(201);
    expect((await send('POST', '/chats', { origin: 'http://[::1]:5173' }))[0]).toBe(201);
  });
});

/** What the throttler's own storage keeps. */
interface Storage {
  storage: Map<string, unknown>;
  hitExpirations: Map<string, Map<string, number[]>>;
  sweepInterval: NodeJS.Timeout | undefined;
}

describe('The rate limit', () => {
  const anna = { owner: 'anna', key: 'A-key-of-anna-alone' };
  const annaToo = { owner: 'anna', key: 'Another-key-of-anna' };
  const bert = { owner: 'bert', key: 'A-key-of-bert-alone' };
  const apiKeys = [anna, annaToo, bert];

  let server: TestServer;
  afterEach(() => server.close());

  function client({ key }: { key: string }): HttpClient {
    return new HttpClient(server.url, key);
  }

  function expectLimited(response: HttpAnswer): void {
    expect([response.status, response.body]).toMatchObject([429, { status: 429, code: 'rate_limited' }]);
    expect(response.get('content-type')).toContain('application/problem+json');
    const retryAfter = Number(response.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
  }

  it('covers all calls and all keys of one owner, and no other owner', async () => {
    server = await startTestServer({ apiKeys, rateLimits: { calls: 4, asks: 0 } });
    const chatId = await client(anna).createChat();
    for (const path of ['/chats', '/models']) expect((await client(annaToo).send('GET', path)).status).toBe(200);
    expect((await client(anna).send('GET', `/chats/${chatId}`)).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/chats'],
      ['GET', '/models'],
      ['POST', '/chats'],
      ['DELETE', `/chats/${chatId}`],
      ['POST', `/chats/${chatId}/messages`],
    ] as const)
      expectLimited(await client(annaToo).send(method, path));
    expect((await client(bert).send('GET', '/chats')).status).toBe(200);
    for (let times = 0; times < 6; times += 1) {
      expect((await client(anna).send('GET', '/health/live')).status).toBe(200);
      expect((await new HttpClient(server.url).send('GET', '/chats')).status).toBe(401);
    }
  });

  it('counts asks separately', async () => {
    server = await startTestServer({ apiKeys, rateLimits: { calls: 100, asks: 2 } });
    const chatId = await client(anna).createChat();
    await client(anna).ask(chatId, 'Hello');
    await client(annaToo).events(chatId, 'Hello again');
    expectLimited(await client(anna).send('POST', `/chats/${chatId}/messages`, { content: 'More' }));
    const events = { accept: 'text/event-stream' };
    expectLimited(await client(anna).send('POST', `/chats/${chatId}/messages`, { content: 'More' }, events));
    expectLimited(await client(anna).send('POST', `/chats/${chatId}/completions`));
    expect(await client(anna).messages(chatId)).toHaveLength(4);
    const other = await client(bert).createChat();
    expect((await client(bert).ask(other, 'Hello')).status).toBe('complete');
  });

  it('applies to a server without keys if it is configured', async () => {
    server = await startTestServer({ rateLimits: { calls: 1, asks: 0 } });
    expect((await new HttpClient(server.url).send('GET', '/chats')).status).toBe(200);
    expectLimited(await new HttpClient(server.url).send('GET', '/chats'));
  });

  it('is off if both limits are 0', async () => {
    server = await startTestServer({ apiKeys, rateLimits: { calls: 0, asks: 0 } });
    for (let times = 0; times < 20; times += 1) expect((await client(anna).send('GET', '/models')).status).toBe(200);
  });

  it('stores at most its limit for each owner, and nothing once the server has closed', async () => {
    server = await startTestServer({ apiKeys, rateLimits: { calls: 3, asks: 0 } });
    for (let times = 0; times < 9; times += 1) for (const key of apiKeys) await client(key).send('GET', '/models');
    const storage = server.app.get<Storage>(ThrottlerStorage, { strict: false });
    const remembered = [...storage.hitExpirations.values()].map((hits) =>
      [...hits.values()].map(({ length }) => length),
    );
    expect(remembered).toEqual([[3], [3]]);
    expect(storage.sweepInterval).toBeDefined();
    await server.app.close();
    expect([storage.storage.size, storage.sweepInterval]).toEqual([0, undefined]);
  });
});

const key = 'A-key-of-anna-alone';

describe('Security headers', () => {
  const server = useTestServer({ apiKeys: [{ owner: 'anna', key }] });
  let client: HttpClient;
  let chatId: string;
  beforeAll(async () => {
    client = new HttpClient(server.url, key);
    chatId = await client.createChat();
  });

  it.each<[string, number, () => Promise<HttpAnswer>]>([
    ['JSON', 200, () => client.send('GET', `/chats/${chatId}`)],
    ['a deleted chat', 204, async () => client.send('DELETE', `/chats/${await client.createChat()}`)],
    [
      'events',
      200,
      () => client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' }, { accept: 'text/event-stream' }),
    ],
    ['health', 200, () => client.send('GET', '/health/live')],
    ['a problem', 404, () => client.send('GET', '/chats/none')],
    ['an unknown route', 404, () => client.send('GET', '/nowhere')],
    ['malformed JSON', 400, () => client.send('POST', '/chats', '{')],
    ['a missing key', 401, () => new HttpClient(server.url).send('GET', '/chats')],
  ])('keep browsers from misinterpreting %s', async (_name, status, send) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(response.headers).toMatchObject({
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(response.headers).not.toHaveProperty('strict-transport-security');
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('are set on requests that are refused before any route', async () => {
    const response = await client.send('GET', '/chats/%zz');
    expect([response.status, response.get('x-content-type-options')]).toEqual([400, 'nosniff']);
    expect(response.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");

    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.end('NONSENSE\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/\r\nx-content-type-options: nosniff\r\n/);
    expect(answer).toMatch(/\r\ncontent-security-policy: default-src 'none'; frame-ancestors 'none'\r\n/);
  });

  it('admit no page of another origin', async () => {
    const headers = { origin: 'https://page.example', 'access-control-request-method': 'DELETE' };
    const response = await client.send('OPTIONS', `/chats/${chatId}`, undefined, headers);
    expect(response.status).toBe(404);
    expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

const NONE = '01a20270-303e-7767-aa57-93b6b4b670fb';

// Chromium 156 wrote the texts of chats, streams that were read by fetch included, into its cache on disk until the answers
// had no-store (RFC 9111, section 5.2.2.5).
describe.each(PLATFORMS)('Cache headers on %s', (platform) => {
  const pay = testTool('pay', () => 'Paid', { requiresApproval: true });
  const server = useTestServer({ platform, tools: [pay] });
  let client: HttpClient;
  let chatId: string;
  let callId: string;
  beforeAll(async () => {
    client = new HttpClient(server.url);
    const chat = await server.chats.create({ ownerId: 'local' });
    await chat.withTools(pay).ask('call pay {}');
    callId = (await chat.pendingApprovals())[0]?.id ?? '';
    chatId = chat.id;
  });

  it.each<[what: string, status: number, send: () => Promise<HttpAnswer>]>([
    ['a new chat', 201, () => client.send('POST', '/chats', { title: 'x' })],
    ['a list of chats', 200, () => client.send('GET', '/chats')],
    ['a chat', 200, () => client.send('GET', `/chats/${chatId}`)],
    ['the head of a chat', 200, () => client.send('HEAD', `/chats/${chatId}`)],
    ['a changed chat', 200, () => client.send('PATCH', `/chats/${chatId}`, { title: 'y' })],
    ['messages', 200, () => client.send('GET', `/chats/${chatId}/messages`)],
    ['usage', 200, () => client.send('GET', `/chats/${chatId}/usage`)],
    ['tool calls', 200, () => client.send('GET', `/chats/${chatId}/tool-calls`)],
    ['a parked chat that is asked', 409, () => client.send('POST', `/chats/${chatId}/messages`, { content: 'x' })],
    ['a decision', 200, () => client.send('POST', `/chats/${chatId}/tool-calls/${callId}/approve`)],
    ['a completion', 201, () => client.send('POST', `/chats/${chatId}/completions`)],
    ['an answer', 201, () => client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' })],
    ['a deletion', 204, async () => client.send('DELETE', `/chats/${await client.createChat()}`)],
    ['the catalogue', 200, () => client.send('GET', '/models')],
    ['readiness', 200, () => client.send('GET', '/health/ready')],
    ['a wrong body', 400, () => client.send('POST', '/chats', { colour: 'red' })],
    ['malformed JSON', 400, () => client.send('POST', '/chats', '{')],
    [
      'a form',
      415,
      () => client.send('POST', '/chats', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    ['a chat that there is not', 404, () => client.send('GET', `/chats/${NONE}`)],
    ['an unknown route', 404, () => client.send('GET', '/nowhere')],
    ['a path that cannot be read', 400, () => client.send('GET', '/chats/%zz')],
    [
      'a run that fails',
      502,
      () => {
        server.sandbox.fault({ fault: 'gateway-bad-request' });
        return client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' });
      },
    ],
    [
      'a stream that fails at once',
      502,
      () => {
        server.sandbox.fault({ fault: 'gateway-bad-request' });
        const events = { accept: 'text/event-stream' };
        return client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' }, events);
      },
    ],
  ])('forbid storing %s', async (_what, status, send) => {
    const response = await send();
    expect([response.status, response.get('cache-control')]).toEqual([status, 'no-store']);
  });

  it('forbid storing and transforming events', async () => {
    const response = await client.openEvents(chatId, 'Hello');
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store, no-transform']);
    expect(await response.text()).toMatch(/event: run-end\ndata: \{"status":"completed"/);
  });
});

it("Cache headers forbid storing the server's answer to a missing key", async () => {
  const server = await startTestServer({ apiKeys: [{ owner: 'anna', key: 'A-key-of-anna-alone' }] });
  const response = await new HttpClient(server.url).send('GET', '/chats');
  expect([response.status, response.get('cache-control')]).toEqual([401, 'no-store']);
  await server.close();
});
