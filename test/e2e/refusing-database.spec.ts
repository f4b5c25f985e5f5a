import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Administrator } from './support/administrator.js';
import { type AnswerView, HttpClient } from './support/http-client.js';
import { Refusals } from './support/refusals.js';
import { lockChat } from './support/row-lock.js';
import { RunRows } from './support/run-rows.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

jest.setTimeout(120_000);

/** One or more of each class that passes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const PASSING = [
  '08006',
  '25006',
  '25P03',
  '26000',
  '28000',
  '3D000',
  '40001',
  '40P01',
  '53000',
  '53100',
  '53200',
  '53300',
  '55000',
  '55006',
  '57000',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '58000',
  '58030',
  'XX000',
];
/** A host's constraint, its trigger, missing rights, a missing column. */
const FINAL = ['23514', 'P0001', '42501', '42703'];

const UNAVAILABLE = [503, { code: 'database_unavailable', status: 503 }, '2'];

describe('A database that is unavailable for a while', () => {
  let server: TestServer;
  let client: HttpClient;
  let refusals: Refusals;
  let administrator: Administrator;
  let rows: RunRows;

  beforeAll(async () => {
    server = await startTestServer();
    client = new HttpClient(server.url);
    refusals = await Refusals.in(server.database);
    administrator = new Administrator(server.databaseUrl);
    rows = new RunRows(server.database);
  });
  afterAll(() => server.close());

  /** What is told of a call that should fail. */
  async function failed(method: string, path: string, body?: unknown): Promise<unknown[]> {
    const response = await client.send(method, path, body);
    return [response.status, response.body, response.get('retry-after')];
  }

  async function expectStored(chatId: string, asking: Promise<AnswerView>): Promise<void> {
    const { id, text } = await asking;
    expect(text).toContain('You said: "Hello"');
    const messages = await client.messages(chatId);
    expect(messages.map(({ role, status }) => [role, status])).toEqual([
      ['user', 'complete'],
      ['assistant', 'complete'],
    ]);
    expect(messages[1]).toMatchObject({ id, text });
    expect(await rows.attempts(chatId)).toEqual(['succeeded']);
  }

  it('gets the answers that it refused, once it is available again', async () => {
    const asks = await Promise.all(
      PASSING.map(async (state) => {
        const chatId = await client.createChat();
        await refusals.refuse(chatId, 'answer', state);
        return { state, chatId, asking: client.ask(chatId, 'Hello') };
      }),
    );
    await until(async () => (await Promise.all(asks.map(({ chatId }) => refusals.count(chatId)))).every((n) => n > 1));
    await refusals.end();
    for (const { chatId, asking } of asks) await expectStored(chatId, asking);
  });

  it('makes asks wait a little, then report it as unavailable with a time to retry', async () => {
    const outcomes = PASSING.map(async (state) => {
      const chatId = await client.createChat();
      await refusals.refuse(chatId, 'begin', state);
      const outcome = await failed('POST', `/chats/${chatId}/messages`, { content: 'Hello' });
      return [state, outcome, (await refusals.count(chatId)) > 1, await client.messages(chatId)];
    });
    expect(await Promise.all(outcomes)).toMatchObject(PASSING.map((state) => [state, UNAVAILABLE, true, []]));
    await refusals.end();
  });

  it.each(['40001', '40P01'])('causes a run to begin again after a rollback with SQLSTATE %s', async (state) => {
    const chatId = await client.createChat();
    await refusals.refuse(chatId, 'begin', state, 1);
    await expectStored(chatId, client.ask(chatId, 'Hello'));
    expect(await refusals.count(chatId)).toBeGreaterThan(0);
  });

  it.each(FINAL)('causes no retry after a refusal with SQLSTATE %s', async (state) => {
    const chatId = await client.createChat();
    await refusals.refuse(chatId, 'answer', state);
    const [status, problem] = await failed('POST', `/chats/${chatId}/messages`, { content: 'Hello' });
    expect([status, problem]).toMatchObject([500, { code: 'internal_error' }]);
    expect(await refusals.count(chatId)).toBe(1);
  });

  it('gets an answer whose statement was cancelled (57014)', async () => {
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'stream-late-first-byte', delayMs: 2_000 });
    const asking = client.ask(chatId, 'Hello');
    await until(async () => (await rows.runs(chatId)).length === 1);
    const unlock = await lockChat(server.databaseUrl, chatId);
    await until(() => administrator.cancelWaiting());
    await unlock();
    await expectStored(chatId, asking);
  });

  it('refuses writes and serves reads while it is read-only, and gets the answer afterwards', async () => {
    const [chatId, otherId] = [await client.createChat(), await client.createChat()];
    server.sandbox.fault({ fault: 'stream-late-first-byte', delayMs: 2_000 });
    const asking = client.ask(chatId, 'Hello');
    await until(async () => (await rows.runs(chatId)).length === 1);
    await administrator.makeReadOnly();
    await until(async () => (await client.send('GET', '/chats')).status === 200);
    expect(
      await Promise.all([
        failed('POST', `/chats/${otherId}/messages`, { content: 'Hello' }),
        failed('POST', '/chats', {}),
        failed('PATCH', `/chats/${otherId}`, { title: 'New' }),
        failed('DELETE', `/chats/${otherId}`),
      ]),
    ).toMatchObject([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]);

    await administrator.makeWritable();
    expect((await client.send('PATCH', `/chats/${otherId}`, { title: 'New' })).status).toBe(200);
    await expectStored(chatId, asking);
  });
});

describe('A database that refuses connections', () => {
  let server: TestServer;
  let client: HttpClient;

  beforeAll(async () => {
    server = await startTestServer();
    client = new HttpClient(server.url);
  });
  afterAll(() => server.close());

  it('makes every route that needs it answer 503', async () => {
    const chatId = await client.createChat();
    await client.ask(chatId, 'Hello');
    const administrator = new Administrator(server.databaseUrl);
    await administrator.close();
    const routes = server.routes.filter(({ path }) => path.startsWith('/chats') || path === '/health/ready');
    const outcomes = routes
      .filter(({ method }) => method !== 'HEAD' && method !== 'OPTIONS')
      .map(async ({ method, path }) => {
        const body = method === 'GET' || method === 'DELETE' ? undefined : bodies[path];
        const response = await client.send(method, path.replace(/:\w+/g, chatId), body);
        return [method, path, response.status, response.body, response.get('retry-after')];
      });
    const told = await Promise.all(outcomes);
    expect(told.length).toBeGreaterThan(10);
    expect(told).toMatchObject(told.map(([method, path]) => [method, path, ...UNAVAILABLE]));

    await administrator.open();
    expect((await client.ask(chatId, 'And now?')).text).toContain('Turn 2');
  });
});

/** What a route needs so that it comes to the database. */
const bodies: Record<string, unknown> = {
  '/chats/:id/messages': { content: 'Hello' },
};
