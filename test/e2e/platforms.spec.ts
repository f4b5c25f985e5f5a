import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pdf } from '../sample-files.js';
import { readEvents } from './support/event-reader.js';
import { HttpClient } from './support/http-client.js';
import { PLATFORMS, startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

const NOBODYS = '01a20270-303e-7767-aa57-93b6b4b670fb';
const MIB = 1024 * 1024;

describe.each(PLATFORMS)('The HTTP API on %s', (platform) => {
  const server = useTestServer({ platform, timing: { heartbeatMs: 100 } });
  let client: HttpClient;

  beforeAll(() => {
    client = new HttpClient(server.url);
  });
  beforeEach(() => {
    server.sandbox.reset();
  });

  it('serves every route', async () => {
    const created = await client.send('POST', '/chats', { title: 'One', params: { temperature: 1 } });
    expect(created.status).toBe(201);
    const chat = created.body as { id: string };
    expect(await client.json('GET', `/chats/${chat.id}`)).toEqual(chat);
    expect(await client.json('PATCH', `/chats/${chat.id}`, { title: 'Two' })).toMatchObject({ title: 'Two' });
    expect(await client.json('GET', '/chats?limit=1')).toMatchObject({ items: [{ id: chat.id }], nextCursor: null });
    expect(await client.ask(chat.id, 'Hello')).toMatchObject({ seq: 1, status: 'complete' });
    const completed = await client.send('POST', `/chats/${chat.id}/completions`);
    expect([completed.status, completed.body]).toMatchObject([400, { code: 'validation_failed' }]);
    expect(await client.messages(chat.id)).toHaveLength(2);
    expect((await client.send('DELETE', `/chats/${chat.id}`)).status).toBe(204);
    expect((await client.json<{ items: unknown[] }>('GET', '/models')).items).toHaveLength(30);
    expect(await client.json('GET', '/health/live')).toEqual({ status: 'ok' });
    expect(await client.json('GET', '/health/ready')).toMatchObject({ status: 'ok' });
  });

  it('streams events, with heartbeats while the model is silent', async () => {
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'stream-late-first-byte', delayMs: 400 });
    const response = await client.openEvents(chatId, 'Hello');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const text = await response.text();
    expect(text).toMatch(/^retry: 1000\n\nid: [\da-f-]{36}:0\nevent: run-start\ndata: \{"runId":/);
    expect(text).toMatch(/event: run-end\ndata: \{"status":"completed".*\}\n\n$/);
  });

  it.each<[accept: string, type: string]>([
    ['text/event-stream', 'text/event-stream'],
    ['Text/Event-Stream; charset=utf-8', 'text/event-stream'],
    ['text/*', 'text/event-stream'],
    ['text/event-stream, */*', 'text/event-stream'],
    ['text/event-stream, application/json', 'text/event-stream'],
    ['application/json;q=0.5, text/event-stream', 'text/event-stream'],
    ['application/json', 'application/json'],
    ['*/*', 'application/json'],
    ['', 'application/json'],
    ['text/html', 'application/json'],
    ['text/event-stream-x', 'application/json'],
    ['x-text/event-stream', 'application/json'],
    ['application/json, text/event-stream', 'application/json'],
    ['text/event-stream;q=0', 'application/json'],
    ['text/event-stream;q=0, application/json', 'application/json'],
    ['application/json;q=0.9, text/event-stream;q=0.1', 'application/json'],
    ['text/event-stream;q=x', 'application/json'],
    [';,/;=", text/event-stream;"', 'application/json'],
  ])('accepts %j by answering with %s', async (accept, type) => {
    const chatId = await client.createChat();
    const response = await client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' }, { accept });
    expect(response.get('content-type')?.split(';')[0]).toBe(type);
  });

  it('keeps a run whose client has disconnected', async () => {
    const chatId = await client.createChat();
    const hangUp = new AbortController();
    const response = await client.openEvents(chatId, 'Tell me a story', hangUp.signal);
    for await (const { type } of readEvents(response)) if (type === 'text-delta') break;
    hangUp.abort();
    await expect(response.text()).rejects.toThrow();
    await until(async () => (await client.messages(chatId)).length === 2);
    expect((await client.messages(chatId))[1]).toMatchObject({ role: 'assistant', status: 'complete' });
  });

  it.each<[string, string, string, unknown, number, string]>([
    ['an unknown route', 'GET', '/nowhere', undefined, 404, 'not_found'],
    ['a method that a route does not have', 'PUT', `/chats/${NOBODYS}`, {}, 404, 'not_found'],
    ['a chat that there is not', 'GET', `/chats/${NOBODYS}`, undefined, 404, 'chat_not_found'],
    [
      'an ask of a chat that there is not',
      'POST',
      `/chats/${NOBODYS}/messages`,
      { content: 'x' },
      404,
      'chat_not_found',
    ],
    ['malformed JSON', 'POST', '/chats', '{"title":', 400, 'validation_failed'],
    ['JSON that is no object', 'POST', '/chats', '[]', 400, 'validation_failed'],
    ['an unknown field', 'POST', '/chats', { colour: 'red' }, 400, 'validation_failed'],
    ['a wrong type', 'POST', '/chats', { title: 7 }, 400, 'validation_failed'],
    ['an empty stop sequence', 'POST', '/chats', { params: { stopSequences: ['END', ''] } }, 400, 'validation_failed'],
    ['a stop of NUL', 'POST', '/chats', { params: { stopSequences: ['\u0000'] } }, 400, 'validation_failed'],
    ['an unknown model', 'POST', '/chats', { model: 'duo-chat-sonnet-4-7' }, 422, 'unknown_model'],
    ['a limit out of range', 'GET', '/chats?limit=101', undefined, 400, 'validation_failed'],
    ['a malformed path', 'GET', '/chats/%zz', undefined, 400, 'validation_failed'],
  ])('answers %s with a problem', async (_name, method, path, body, status, code) => {
    const response = await client.send(method, path, body, { 'x-request-id': 'test-7' });
    expect(response.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(response.get('x-request-id')).toBe('test-7');
    expect([response.status, response.body]).toEqual([
      status,
      {
        type: `urn:gitlab-duo:problem:${code}`,
        title: expect.any(String),
        status,
        detail: expect.stringMatching(/.{10}/),
        code,
        requestId: 'test-7',
      },
    ]);
  });

  it('shows ids as they are stored, for requests in any letter case', async () => {
    const chatId = await client.createChat();
    const path = `/chats/${chatId.toUpperCase()}`;
    expect(await client.json('GET', path)).toMatchObject({ id: chatId });
    expect(await client.json('PATCH', path, { title: 'x' })).toMatchObject({ id: chatId });
    expect(await client.json('POST', `${path}/messages`, { content: 'Hello' })).toMatchObject({ chatId });
    const [start] = await client.events(chatId.toUpperCase(), 'Hello');
    expect(start).toMatchObject({ type: 'run-start', data: { chatId } });
    expect(await client.json('GET', `${path}/usage`)).toMatchObject({ chatId });
    expect(await client.messages(chatId.toUpperCase())).toMatchObject(Array(4).fill({ chatId }));
    const refused = await client.send('POST', `${path}/completions`);
    expect([refused.status, refused.text]).toEqual([400, expect.not.stringContaining(chatId.toUpperCase())]);
    const unknown = await client.send('GET', `/chats/${NOBODYS.toUpperCase()}`);
    expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining(NOBODYS)]);
  });

  it('keeps the status of an error before the first event', async () => {
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'gateway-overloaded' });
    const response = await client.openEvents(chatId, 'Hello');
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect([response.status, await response.json()]).toMatchObject([503, { code: 'upstream_overloaded' }]);
  });

  it('sends Retry-After', async () => {
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'gateway-rate-limit-retry-after', retryAfter: 7 });
    const response = await client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' });
    expect([response.status, response.get('retry-after')]).toEqual([429, '7']);
  });

  it('answers HEAD as GET, without a body', async () => {
    const chatId = await client.createChat();
    for (const [path, status] of [
      [`/chats/${chatId}`, 200],
      ['/chats', 200],
      ['/models', 200],
      [`/chats/${NOBODYS}`, 404],
      ['/nowhere', 404],
    ] as const) {
      const response = await client.send('HEAD', path);
      expect([path, response.status, response.text]).toEqual([path, status, undefined]);
      expect(response.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    }
  });

  it('starts no run for OPTIONS or HEAD', async () => {
    const chatId = await client.createChat();
    for (const method of ['OPTIONS', 'HEAD']) {
      const { status } = await client.send(method, `/chats/${chatId}/messages`);
      expect(status).toBeLessThan(500);
    }
    expect(await client.messages(chatId)).toEqual([]);
  });

  describe('with a large body', () => {
    const file = (bytes: number) => {
      const content = Buffer.concat([pdf(), Buffer.alloc(bytes)]).subarray(0, bytes);
      return { mediaType: 'application/pdf', data: content.toString('base64') };
    };
    const post = (chatId: string, body: object) => client.send('POST', `/chats/${chatId}/messages`, body);

    it('accepts a file of 10 MB and a text of 1 MB', async () => {
      const chatId = await client.createChat();
      const response = await post(chatId, { content: 'Look', attachments: [file(10 * MIB)] });
      expect(response.status).toBe(201);
      expect((await client.messages(chatId))[0]).toMatchObject({ role: 'user', parts: [{ type: 'file' }, {}] });
    });

    it.each<[string, string, object]>([
      ['a file over 10 MB', 'attachments.0: data must take at most 10 MB', { attachments: [file(10 * MIB + 1)] }],
      [
        'files over 30 MB',
        'attachments must take at most 30 MB',
        {
          attachments: Array(3)
            .fill(file(10 * MIB))
            .concat(file(MIB / 2)),
        },
      ],
      ['a text over 1 MB', 'content must take at most 1 MB', { content: 'é'.repeat(MIB / 2 + 1) }],
      ['a body over everything', 'a file 10 MB', { attachments: Array(7).fill(file(9 * MIB)) }],
    ])('refuses %s as too large', async (_name, detail, body) => {
      const chatId = await client.createChat();
      const response = await post(chatId, { content: 'Look', ...body });
      expect(response.get('content-type')).toMatch(/^application\/problem\+json/);
      expect([response.status, response.body]).toMatchObject([
        413,
        { code: 'payload_too_large', detail: expect.stringContaining(detail) },
      ]);
      expect(await client.messages(chatId)).toEqual([]);
    });

    it.each([
      ['POST', '/chats', { title: 'x'.repeat(MIB) }],
      ['POST', '/chats', { instructions: 'x'.repeat(MIB + 1) }],
      ['POST', '/chats', { metadata: { x: 'x'.repeat(MIB) } }],
      ['PATCH', `/chats/${NOBODYS}`, { metadata: { x: 'x'.repeat(MIB) } }],
    ])('refuses %s %s over 1 MB', async (method, path, body) => {
      const response = await client.send(method, path, body);
      const isTitle = 'title' in body && platform === 'express';
      expect([response.status, response.body]).toMatchObject(
        isTitle ? [400, { code: 'validation_failed' }] : [413, { code: 'payload_too_large' }],
      );
    });

    it('refuses a body without a declared size', async () => {
      const chatId = await client.createChat();
      const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
      const upload = request(`${server.url}/chats/${chatId}/messages`, { method: 'POST', headers });
      // A server that answers early may cut what is still under way.
      upload.on('error', () => undefined);
      const answered = new Promise<IncomingMessage>((resolve) => upload.once('response', resolve));
      pipeline(Readable.from(Array(48).fill(Buffer.alloc(MIB, 'x'))), upload).catch(() => undefined);
      const response = await answered;
      expect(response.statusCode).toBe(413);
      expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
      upload.destroy();
    });
  });
});

interface Page {
  items: { id: string; seq: number }[];
  nextCursor: string | null;
}

describe.each(PLATFORMS)('Pages on %s', (platform) => {
  const server = useTestServer({ platform });
  let client: HttpClient;

  beforeAll(() => {
    client = new HttpClient(server.url);
  });
  beforeEach(() => server.database.query('DELETE FROM chats'));

  const page = (path: string) => client.json<Page>('GET', path);
  const idsOf = ({ items }: Page) => items.map(({ id }) => id);

  async function newChats(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) ids.unshift(await client.createChat());
    return ids;
  }

  it('are empty without rows', async () => {
    const nothing = { items: [], nextCursor: null };
    expect(await page('/chats')).toEqual(nothing);
    const [chatId] = await newChats(1);
    expect(await page(`/chats/${chatId}/messages`)).toEqual(nothing);
    expect(await page(`/chats/${chatId}/messages?after=7`)).toEqual(nothing);
    expect(await page(`/chats?cursor=${chatId}`)).toEqual(nothing);
  });

  it('end with null, even if the last page is full', async () => {
    const ids = await newChats(4);
    const first = await page('/chats?limit=2');
    expect([idsOf(first), first.nextCursor]).toEqual([ids.slice(0, 2), ids[1]]);
    const last = await page(`/chats?limit=2&cursor=${first.nextCursor}`);
    expect([idsOf(last), last.nextCursor]).toEqual([ids.slice(2), null]);
    expect((await page('/chats?limit=4')).nextCursor).toBeNull();
    expect((await page('/chats')).items).toHaveLength(4);
  });

  it('keep their place while chats are created and deleted', async () => {
    const ids = await newChats(6);
    const first = await page('/chats?limit=2');
    await newChats(2);
    await client.send('DELETE', `/chats/${first.nextCursor}`);
    await client.send('DELETE', `/chats/${ids[3]}`);
    const second = await page(`/chats?limit=2&cursor=${first.nextCursor}`);
    expect(idsOf(second)).toEqual([ids[2], ids[4]]);
    const third = await page(`/chats?limit=2&cursor=${second.nextCursor}`);
    expect([idsOf(third), third.nextCursor]).toEqual([[ids[5]], null]);
  });

  it('continue after the given sequence number', async () => {
    const chatId = await client.createChat();
    for (const content of ['one', 'two', 'three']) await client.ask(chatId, content);
    const seqs: number[] = [];
    let cursor: string | null = '-1';
    while (cursor !== null) {
      const next: Page = await page(`/chats/${chatId}/messages?limit=4&after=${cursor}`);
      seqs.push(...next.items.map(({ seq }) => seq));
      cursor = next.nextCursor;
      if (cursor !== null) expect(cursor).toBe(String(seqs.at(-1)));
    }
    expect(seqs).toEqual([0, 1, 2, 3, 4, 5]);
    const before = await page(`/chats/${chatId}/messages?limit=6`);
    expect(before.nextCursor).toBeNull();
    await client.ask(chatId, 'four');
    expect((await page(`/chats/${chatId}/messages?after=5`)).items.map(({ seq }) => seq)).toEqual([6, 7]);
  });

  it.each([
    ['limit=0', 'limit must not be less than 1'],
    ['limit=-1', 'limit must not be less than 1'],
    ['limit=101', 'limit must not be greater than 100'],
    ['limit=1.5', 'limit must be an integer number'],
    ['limit=1e1', 'limit must be an integer number'],
    ['limit=0x10', 'limit must be an integer number'],
    ['limit=', 'limit must be an integer number'],
    ['limit=ten', 'limit must be an integer number'],
    ['limit=1&limit=2', 'limit must be an integer number'],
    ['limit[]=1', 'limit'],
    ['limit[a]=1', 'limit'],
    ['limit=99999999999999999999', 'limit must be an integer number'],
    ['cursor=', 'cursor must be a UUID'],
    ['cursor=1', 'cursor must be a UUID'],
    ["cursor=' OR 1=1", 'cursor must be a UUID'],
    ['cursor=01a20270-303e-7767-aa57-93b6b4b670fb&cursor=x', 'cursor must be a UUID'],
    ['page=2', 'property page should not exist'],
  ])('refuse ?%s and explain it', async (query, detail) => {
    const response = await client.send('GET', `/chats?${query}`);
    expect([response.status, response.body]).toMatchObject([
      400,
      { code: 'validation_failed', detail: expect.stringContaining(detail) },
    ]);
  });

  it.each([
    ['limit=0', 'limit must not be less than 1'],
    ['limit=1001', 'limit must not be greater than 1000'],
    ['after=-2', 'after must not be less than -1'],
    ['after=2147483648', 'after must not be greater than 2147483647'],
    ['after=1.5', 'after must be an integer number'],
    ['after=x', 'after must be an integer number'],
    ['cursor=1', 'property cursor should not exist'],
  ])('refuse the messages ?%s and explain it', async (query, detail) => {
    const [chatId] = await newChats(1);
    const response = await client.send('GET', `/chats/${chatId}/messages?${query}`);
    expect([response.status, response.body]).toMatchObject([
      400,
      { code: 'validation_failed', detail: expect.stringContaining(detail) },
    ]);
  });
});

/** A way to the database that can be made to hang: connections stay open, and nothing passes. */
class Wire {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private isHanging = false;

  constructor(target: () => URL) {
    this.server = createServer((near) => {
      const far = connect(Number(target().port || 5432), target().hostname);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
      }
      if (!this.isHanging) near.pipe(far).pipe(near);
    });
  }

  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  hang(isHanging: boolean): void {
    this.isHanging = isHanging;
    for (const socket of this.sockets) if (isHanging) socket.unpipe().pause();
    if (!isHanging) for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

describe('Server health', () => {
  let server: TestServer;
  let client: HttpClient;
  let database = new URL('postgres://127.0.0.1');
  const wire = new Wire(() => database);

  beforeAll(async () => {
    const port = await wire.listen();
    server = await startTestServer({
      databaseUrl: (url) => {
        database = new URL(url);
        const through = new URL(url);
        through.host = `127.0.0.1:${port}`;
        return through.href;
      },
    });
    client = new HttpClient(server.url);
  });
  afterAll(async () => {
    await server.close();
    wire.close();
  });

  it('reports the last response of the gateway, and does not depend on it', async () => {
    expect(await client.json('GET', '/health/ready')).toMatchObject({
      status: 'ok',
      details: { database: { status: 'up' } },
      gateway: { lastExchange: null },
    });
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'exchange-revoked' });
    const asked = Date.now();
    expect((await client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' })).status).toBe(502);
    const failed = await client.json<{ gateway: { lastExchange: { at: string } } }>('GET', '/health/ready');
    expect(failed).toMatchObject({
      status: 'ok',
      gateway: { lastExchange: { succeeded: false, code: 'gateway_auth_failed' } },
    });
    const at = Date.parse(failed.gateway.lastExchange.at);
    expect(at).toBeGreaterThanOrEqual(asked);
    expect(at).toBeLessThanOrEqual(Date.now());
    await client.ask(chatId, 'Hello');
    const worked = await client.json('GET', '/health/ready');
    expect(worked).toMatchObject({ status: 'ok', gateway: { lastExchange: { succeeded: true, code: null } } });
    expect(JSON.stringify(worked)).not.toContain('glpat');
  });

  it('is not ready while the database hangs, reports it in time, and is ready again afterwards', async () => {
    wire.hang(true);
    for (let poll = 0; poll < 2; poll += 1) {
      const response = await client.send('GET', '/health/ready');
      expect([response.status, response.body]).toMatchObject([503, { code: 'database_unavailable' }]);
      expect(await client.json('GET', '/health/live')).toEqual({ status: 'ok' });
    }
    wire.hang(false);
    await until(async () => (await client.send('GET', '/health/ready')).status === 200);
  });
});
