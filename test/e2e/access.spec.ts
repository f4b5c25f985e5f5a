import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_FAILURES } from '../../src/app/access/failed-keys.js';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { KeptLogger } from './support/kept-logger.js';
import { startTestServer, type TestServer } from './support/test-server.js';

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
