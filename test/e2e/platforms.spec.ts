import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pdf } from '../sample-files.js';
import { readEvents } from './support/event-reader.js';
import { HttpClient } from './support/http-client.js';
import { PLATFORMS } from './support/test-server.js';
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
