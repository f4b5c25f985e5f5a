import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { HttpClient } from './support/http-client.js';
import { useTestServer } from './support/use-test-host.js';

const NOBODYS = '01a20270-303e-7767-aa57-93b6b4b670fb';

describe('Chats over HTTP', () => {
  const server = useTestServer();
  let client: HttpClient;

  beforeAll(() => {
    client = new HttpClient(server.url);
  });

  it('creates a chat with the given fields', async () => {
    const body = { model: 'duo-chat-opus-4-6', title: 'Notes', params: { temperature: 0.2 }, metadata: { ticket: 7 } };
    const response = await client.send('POST', '/chats', body);
    const chat = response.body as Record<string, unknown>;
    expect(response.status).toBe(201);
    expect(chat).toEqual({
      ...body,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    });
    expect(await client.json('GET', `/chats/${chat.id as string}`)).toEqual(chat);
  });

  it('creates a chat from an empty body, with the default model', async () => {
    const response = await client.send('POST', '/chats');
    expect([response.status, response.body]).toMatchObject([
      201,
      { title: null, model: 'duo-chat-sonnet-4-6', params: {}, metadata: {} },
    ]);
  });

  it('keeps instructions as the first message', async () => {
    const chatId = await client.createChat({ instructions: 'Be brief.' });
    expect(await client.messages(chatId)).toMatchObject([
      { seq: 0, role: 'system', text: 'Be brief.', status: 'complete' },
    ]);
  });

  it('changes only the fields of a patch', async () => {
    const chatId = await client.createChat({ title: 'Old', metadata: { a: 1 } });
    const changed = await client.json('PATCH', `/chats/${chatId}`, { title: 'New', model: 'duo-chat-gpt-5-2' });
    expect(changed).toMatchObject({ title: 'New', model: 'duo-chat-gpt-5-2', metadata: { a: 1 } });
    expect(await client.json('GET', `/chats/${chatId}`)).toEqual(changed);
  });

  it('removes a title by null', async () => {
    const chatId = await client.createChat({ title: 'Old' });
    expect(await client.json('PATCH', `/chats/${chatId}`, { title: null })).toMatchObject({ title: null });
  });

  it('keeps parameters as they were given', async () => {
    const params = { temperature: 0, thinking: { budgetTokens: 2048 }, stopSequences: ['END'] };
    const chatId = await client.createChat({ params });
    expect(await client.json('GET', `/chats/${chatId}`)).toMatchObject({ params });
  });

  it('shows the parameters that clients may change, and keeps those of the application', async () => {
    const chatId = await client.createChat();
    const own = { toolChoice: 'none', service_tier: 'auto' };
    const set = JSON.stringify({ ...own, temperature: 1, topP: 1 });
    await server.database.query('UPDATE chats SET params = $2 WHERE id = $1', [chatId, set]);
    const { params } = await client.json<{ params: object }>('GET', `/chats/${chatId}`);
    expect(params).toEqual({ temperature: 1, topP: 1 });
    const stored = async (): Promise<object | undefined> => {
      const [row]: { params: object }[] = await server.database.query('SELECT params FROM chats WHERE id = $1', [
        chatId,
      ]);
      return row?.params;
    };
    expect(await client.json('PATCH', `/chats/${chatId}`, { params })).toMatchObject({ params });
    expect(await stored()).toEqual({ ...own, ...params });
    const changed = await client.json<{ params: object }>('PATCH', `/chats/${chatId}`, { params: { topP: 0 } });
    expect(changed.params).toEqual({ topP: 0 });
    expect(await stored()).toEqual({ ...own, topP: 0 });
  });

  it.each<[object, RegExp]>([
    [{ effort: 'low', budgetTokens: 2048 }, /budgetTokens and effort exclude each other/],
    [{ effort: 'much', budgetTokens: 2048 }, /effort must be one of/],
    [{ budgetTokens: 1e12 }, /budgetTokens must not be greater than 1000000/],
    [{ budgetTokens: 1023 }, /budgetTokens must not be less than 1024/],
  ])('refuses %j for thinking, and explains it', async (thinking, detail) => {
    const refused = await client.send('POST', '/chats', { params: { thinking } });
    expect([refused.status, refused.body]).toMatchObject([
      400,
      { code: 'validation_failed', detail: expect.stringMatching(detail) },
    ]);
  });

  it('lists the newest first, page by page', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.unshift(await client.createChat({ title: `Page ${index}` }));
    const listed: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null && listed.length < 5) {
      const page: { items: { id: string }[]; nextCursor: string | null } = await client.json(
        'GET',
        `/chats?limit=2${cursor && `&cursor=${cursor}`}`,
      );
      listed.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(listed.slice(0, 5)).toEqual(ids);
  });

  it('lists messages after a sequence number', async () => {
    const chatId = await client.createChat();
    for (const content of ['one', 'two']) await client.ask(chatId, content);
    const page = await client.json<{ items: { seq: number }[]; nextCursor: string | null }>(
      'GET',
      `/chats/${chatId}/messages?after=0&limit=2`,
    );
    expect(page.items.map(({ seq }) => seq)).toEqual([1, 2]);
    const rest = await client.json<{ items: { seq: number }[]; nextCursor: string | null }>(
      'GET',
      `/chats/${chatId}/messages?after=${page.nextCursor ?? ''}&limit=2`,
    );
    expect([rest.items.map(({ seq }) => seq), rest.nextCursor]).toEqual([[3], null]);
  });

  it('reports the usage of a chat', async () => {
    const chatId = await client.createChat();
    const { usage } = await client.ask(chatId, 'Hello');
    const spent = { attempts: 1, pendingAttempts: 0, unknownAttempts: 0, ...usage };
    expect(await client.json('GET', `/chats/${chatId}/usage`)).toEqual({
      chatId,
      ...spent,
      models: [{ model: 'duo-chat-sonnet-4-6', ...spent }],
    });
  });

  it('deletes a chat with its messages, and keeps its usage', async () => {
    const chatId = await client.createChat();
    await client.ask(chatId, 'Hello');
    const response = await client.send('DELETE', `/chats/${chatId}`);
    expect([response.status, response.text]).toEqual([204, '']);
    expect((await client.send('GET', `/chats/${chatId}`)).status).toBe(404);
    const count = async (table: string): Promise<number> => {
      const rows: { n: number }[] = await server.database.query(
        `SELECT count(*)::int AS n FROM ${table} WHERE chat_id = $1`,
        [chatId],
      );
      return rows[0]?.n ?? -1;
    };
    expect([await count('messages'), await count('duo_runs'), await count('duo_attempts')]).toEqual([0, 0, 1]);
  });

  it.each([
    ['GET', `/chats/${NOBODYS}`, undefined],
    ['GET', '/chats/no-uuid', undefined],
    ['PATCH', `/chats/${NOBODYS}`, { title: 'x' }],
    ['DELETE', `/chats/${NOBODYS}`, undefined],
    ['GET', `/chats/${NOBODYS}/messages`, undefined],
    ['GET', `/chats/${NOBODYS}/usage`, undefined],
    ['POST', `/chats/${NOBODYS}/messages`, { content: 'Hello' }],
    ['POST', `/chats/${NOBODYS}/completions`, {}],
  ])('answers 404 chat_not_found to %s %s', async (method, path, body) => {
    const response = await client.send(method, path, body);
    expect([response.status, response.body]).toMatchObject([404, { code: 'chat_not_found', status: 404 }]);
  });

  it.each<[string, string, string, unknown, number, string]>([
    ['an unknown route', 'GET', '/nowhere', undefined, 404, 'not_found'],
    ['malformed JSON', 'POST', '/chats', '{"title":', 400, 'validation_failed'],
    ['an unknown field', 'POST', '/chats', { colour: 'red' }, 400, 'validation_failed'],
    ['an unknown parameter', 'POST', '/chats', { params: { colour: 'red' } }, 400, 'validation_failed'],
    ['a wrong type', 'POST', '/chats', { title: 7 }, 400, 'validation_failed'],
    ['a temperature out of range', 'POST', '/chats', { params: { temperature: 3 } }, 400, 'validation_failed'],
    ['null for parameters', 'POST', '/chats', { params: null }, 400, 'validation_failed'],
    ['null for a model', 'POST', '/chats', { model: null }, 400, 'validation_failed'],
    ['thinking that says nothing', 'POST', '/chats', { params: { thinking: {} } }, 400, 'validation_failed'],
    ['an array for a body', 'POST', '/chats', [], 400, 'validation_failed'],
    ['an unknown model', 'POST', '/chats', { model: 'duo-chat-sonnet-4-7' }, 422, 'unknown_model'],
    ['a limit out of range', 'GET', '/chats?limit=0', undefined, 400, 'validation_failed'],
    ['a cursor that is none', 'GET', '/chats?cursor=x', undefined, 400, 'validation_failed'],
    [
      'an array for thinking',
      'POST',
      '/chats',
      { params: { thinking: [{ effort: 'low' }] } },
      400,
      'validation_failed',
    ],
    ['blank instructions', 'POST', '/chats', { instructions: ' \u0000' }, 400, 'validation_failed'],
    ['an empty limit', 'GET', '/chats?limit=', undefined, 400, 'validation_failed'],
    ['a form for a body', 'POST', '/chats', 'title=x', 415, 'validation_failed'],
    ['a body over the limit', 'POST', '/chats', { title: 'x'.repeat(1_100_000) }, 413, 'payload_too_large'],
  ])('answers %s with a problem', async (_name, method, path, body, status, code) => {
    const type: Record<string, string> =
      body === 'title=x' ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
    const response = await client.send(method, path, body, { 'x-request-id': 'test-7', ...type });
    expect(response.get('content-type')).toContain('application/problem+json');
    expect([response.status, response.body]).toEqual([
      status,
      {
        type: expect.any(String),
        title: expect.any(String),
        status,
        detail: expect.stringMatching(/.{10}/),
        code,
        requestId: 'test-7',
      },
    ]);
  });

  it.each([
    ['/chats/%zz', 400, 'validation_failed'],
    [`/chats/${'x'.repeat(200)}`, 404, 'chat_not_found'],
    [`/chats/${NOBODYS}/messages?after=99999999999`, 400, 'validation_failed'],
    [`/chats/${NOBODYS}/messages?after=`, 400, 'validation_failed'],
  ])('answers GET %s with a problem', async (path, status, code) => {
    const response = await client.send('GET', path);
    expect(response.get('content-type')).toContain('application/problem+json');
    expect([response.status, response.body]).toMatchObject([status, { status, code }]);
  });

  it('answers a malformed HTTP request with a problem', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.end('NONSENSE\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"validation_failed"/);
  });

  it('answers a client that closes the connection after a body that was too large', async () => {
    const size = 40 * 1024 * 1024;
    const head = `POST /chats/${NOBODYS}/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n`;
    for (let turn = 0; turn < 3; turn += 1) {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      // All of it is sent before the answer is looked at.
      socket.write(`${head}content-type: application/json\r\ncontent-length: ${size}\r\n\r\n`);
      await new Promise((resolve, reject) => {
        socket.once('error', reject).write(Buffer.alloc(size, 'x'), resolve);
      });
      let answer = '';
      for await (const chunk of socket) answer += String(chunk);
      expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*connection: close[^]*"code":"payload_too_large"[^]*\}$/i);
    }
  });

  it('treats a missing body as empty, for any content type', async () => {
    const headers = { 'content-type': 'application/json' };
    const created = await client.send('POST', '/chats', undefined, headers);
    expect(created.status).toBe(201);
    const { id } = created.body as { id: string };
    expect((await client.send('DELETE', `/chats/${id}`, undefined, headers)).status).toBe(204);
  });

  it('waits only up to a limit for a chat that another transaction locks', async () => {
    const chatId = await client.createChat();
    await server.database.transaction(async (manager) => {
      await manager.query('SELECT 1 FROM chats WHERE id = $1 FOR UPDATE', [chatId]);
      for (const [method, body] of [
        ['DELETE', undefined],
        ['PATCH', { title: 'x' }],
      ] as const) {
        const response = await client.send(method, `/chats/${chatId}`, body);
        expect([response.status, response.body]).toMatchObject([503, { code: 'chat_locked' }]);
      }
    });
  });

  it.each([
    ['text', { mediaType: 'text/plain', data: 'aGk=' }],
    ['an empty image', { mediaType: 'image/png', data: '' }],
  ])('refuses %s as a file, and stores nothing', async (_name, attachment) => {
    const chatId = await client.createChat();
    const response = await client.send('POST', `/chats/${chatId}/messages`, {
      content: 'x',
      attachments: [attachment],
    });
    expect([response.status, response.body]).toMatchObject([400, { code: 'validation_failed' }]);
    expect(await client.messages(chatId)).toEqual([]);
    expect((await client.ask(chatId, 'Hello')).seq).toBe(1);
  });

  it('passes a document by URL to a model that reads none', async () => {
    const chatId = await client.createChat();
    const attachments = [{ mediaType: 'application/pdf', url: 'https://example.com/a.pdf' }];
    await client.json('POST', `/chats/${chatId}/messages`, { content: 'Read', attachments });
    expect((await client.ask(chatId, 'And you?', 'duo-chat-gpt-5-1')).status).toBe('complete');
  });

  it.each<[string, unknown]>([
    ['no content', {}],
    ['content of nothing but NUL', { content: '\u0000' }],
    ['empty content', { content: '' }],
    ['blank content', { content: '  \n' }],
    ['content that is no text', { content: { text: 'x' } }],
    ['an unknown field', { content: 'x', role: 'system' }],
    ['an attachment without data', { content: 'x', attachments: [{ mediaType: 'image/png' }] }],
  ])('refuses a message with %s and stores nothing', async (_name, body) => {
    const chatId = await client.createChat();
    const response = await client.send('POST', `/chats/${chatId}/messages`, body);
    expect([response.status, response.body]).toMatchObject([400, { code: 'validation_failed' }]);
    expect(await client.messages(chatId)).toEqual([]);
  });

  it('suggests the models that are similar to an unknown one', async () => {
    const chatId = await client.createChat();
    const response = await client.send('POST', `/chats/${chatId}/messages`, {
      content: 'x',
      model: 'duo-chat-opus-46',
    });
    expect([response.status, response.body]).toMatchObject([
      422,
      { code: 'unknown_model', detail: expect.stringContaining('duo-chat-opus-4-6') },
    ]);
    expect(await client.messages(chatId)).toEqual([]);
  });

  it('lists all 30 models with their traits and ends of life', async () => {
    const { items } = await client.json<{ items: { id: string }[] }>('GET', '/models');
    expect(items).toHaveLength(30);
    expect(items).toContainEqual(
      expect.objectContaining({
        id: 'duo-chat-opus-4-5',
        upstreamId: 'claude-opus-4-5-20251101',
        api: 'anthropic-messages',
        contextWindow: 200_000,
        maxOutputTokens: 64_000,
        thinking: 'budget',
        efforts: ['low', 'medium', 'high'],
        forcedTools: true,
        boundThinking: false,
        endOfLife: '2027-01-22',
        successor: 'duo-chat-opus-4-6',
        status: expect.stringMatching(/^(deprecated|retired)$/),
      }),
    );
  });

  it('reports its health', async () => {
    expect(await client.json('GET', '/health/live')).toEqual({ status: 'ok' });
    expect(await client.json('GET', '/health/ready')).toMatchObject({ status: 'ok' });
  });

  it('stores text that PostgreSQL alone would refuse', async () => {
    const chatId = await client.createChat();
    const answer = await client.ask(chatId, 'nul \u0000 and lone \ud800 surrogate 🙂');
    expect(answer.text).toContain('🙂');
    expect((await client.messages(chatId))[0]?.text).toBe('nul  and lone \ufffd surrogate 🙂');
    const odd = { title: 'a\u0000b', metadata: { 'k\u0000': ['\u0000'] }, params: { stopSequences: ['\u0000x'] } };
    const chat = await client.json('POST', '/chats', odd);
    expect(chat).toMatchObject({ title: 'ab', metadata: { k: [''] }, params: { stopSequences: ['x'] } });
  });
});
