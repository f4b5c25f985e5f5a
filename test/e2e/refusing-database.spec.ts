import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { Chat, DuoChatService } from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { Administrator } from './support/administrator.js';
import { type EndingProxy, startEndingProxy } from './support/ending-proxy.js';
import { type ForkedHost, startForkedHost, TYPEORM_VERSIONS } from './support/forked-host.js';
import { type AnswerView, HttpClient } from './support/http-client.js';
import { Refusals } from './support/refusals.js';
import { lockChat } from './support/row-lock.js';
import { RunRows } from './support/run-rows.js';
import { startServerProcess } from './support/server-process.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';
import { useTestHost } from './support/use-test-host.js';

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

/** What a route needs so that it comes to the database. */
const bodies: Record<string, unknown> = {
  '/chats/:id/messages': { content: 'Hello' },
  '/chats/:id/messages/:messageId': { content: 'Hello' },
};

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

/**
 * pg-pool takes its listener of `error` off a client before it hands it out, TypeORM adds its own in a later microtask, and
 * an EventEmitter without one throws: https://nodejs.org/docs/latest-v20.x/api/events.html#error-events.
 */
describe('A database connection that ends while it is acquired', () => {
  let tables: TestServer;
  let sandbox: Sandbox;
  let primary: EndingProxy;
  let replica: EndingProxy;

  beforeAll(async () => {
    // Makes the tables.
    tables = await startTestServer();
    sandbox = await startSandbox({ chunkDelayMs: 0 });
  });
  afterAll(async () => {
    await sandbox.close();
    await tables.close();
  });
  beforeEach(async () => {
    primary = await startEndingProxy(tables.databaseUrl);
    replica = await startEndingProxy(tables.databaseUrl);
  });
  afterEach(async () => {
    await primary.close();
    await replica.close();
  });

  describe.each(Object.keys(TYPEORM_VERSIONS) as (keyof typeof TYPEORM_VERSIONS)[])('on %s', (version) => {
    let last: ForkedHost | undefined;

    afterEach(() => last?.kill());

    async function startHost(...how: string[]): Promise<ForkedHost> {
      const urls = { primary: primary.url, replica: replica.url, sandbox: sandbox.url };
      return (last = await startForkedHost(version, urls, ...how));
    }

    /** Until it has noticed that. */
    async function losesConnections(host: ForkedHost): Promise<void> {
      primary.cut();
      replica.cut();
      expect(await host.does('lose all connections')).toEqual(['done']);
    }

    it('fails a write of the host, without crashing it', async () => {
      const host = await startHost();
      await losesConnections(host);
      // The host's own session connects again at the same time.
      primary.endWhenReady(Infinity);
      expect(await host.does('write')).toEqual(['database_unavailable']);
      primary.endWhenReady(0);
      expect(await host.does('write')).toEqual(['done']);
    });

    it('fails a statement that waits for the connection, without crashing the host', async () => {
      const host = await startHost();
      expect(await host.does('write behind another')).toEqual(['done', 'done']);
      primary.endWhenReady(Infinity);
      expect(await host.does('write behind another')).toEqual(['done', 'database_unavailable']);
      primary.endWhenReady(0);
      expect(await host.does('write')).toEqual(['done']);
    });

    it('fails a read from a replica, without crashing the host', async () => {
      const host = await startHost();
      await losesConnections(host);
      replica.endWhenReady(1);
      expect(await host.does('read')).toEqual(['database_unavailable']);
      expect(await host.does('read')).toEqual(['done']);
    });

    it('does not fail the first start of a host that uses createDuoDataSource, which reconnects', async () => {
      primary.endWhenReady(2);
      const host = await startHost('createDuoDataSource');
      expect(await host.does('write')).toEqual(['done']);
    });
  });

  it('stores an ask once if its first statement still waits for the chat when the second is sent', async () => {
    const server = await startServerProcess(primary.url, sandbox.url);
    try {
      const chatId = await server.http.createChat();
      const unlock = await lockChat(tables.databaseUrl, chatId);
      const asking = server.http.ask(chatId, 'Hello');
      await until(async () => (await waitingStatements()) === 1);
      primary.cut();
      await until(async () => (await waitingStatements()) === 2);
      await unlock();
      expect((await asking).seq).toBe(1);
      expect((await server.http.messages(chatId)).map(({ role }) => role)).toEqual(['user', 'assistant']);
    } finally {
      await server.kill();
    }
  });

  /** How many statements wait for a row; the database does not notice that their connection is gone. */
  async function waitingStatements(): Promise<number> {
    const rows: unknown[] = await tables.database.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rows.length;
  }

  it('does not fail the start of the server, which reconnects', async () => {
    primary.endWhenReady(2);
    const server = await startServerProcess(primary.url, sandbox.url);
    try {
      expect(await server.http.createChat()).toEqual(expect.any(String));
    } finally {
      await server.kill();
    }
  });
});

describe('A closed data source', () => {
  const host = useTestHost([Chat]);
  let chats: DuoChatService<Chat>;

  beforeAll(() => {
    chats = host.app.get(DuoChatService);
  });

  it('makes every method unavailable until it is open again', async () => {
    const chat = await chats.create();
    const { id } = chat;
    await chat.ask('Hello');
    await host.database.destroy();
    const verbs = {
      create: () => chats.create(),
      find: () => chats.find(id),
      list: () => chats.list(),
      update: () => chats.update(id, { title: 'New' }),
      delete: () => chats.delete(id),
      messages: () => chats.messages(id),
      ask: () => chats.ref(id).ask('And now?'),
      start: () => chats.ref(id).start('And now?'),
      stream: () => chats.ref(id).stream('And now?').next(),
      complete: () => chats.ref(id).complete(),
      generate: () => chats.ref(id).generate(),
      step: () => chats.ref(id).step(),
      runTools: () => chats.ref(id).runTools(),
      isComplete: () => chats.ref(id).isComplete(),
      pendingApprovals: () => chats.ref(id).pendingApprovals(),
      approve: () => chats.ref(id).approve(uuidv7()),
      deny: () => chats.ref(id).deny(uuidv7()),
      addMessage: () => chats.ref(id).addMessage({ role: 'user', content: 'And now?' }),
      usage: () => chats.ref(id).usage(),
      usageOf: () => chats.usageOf({ ownerId: null }),
      findRun: () => chats.findRun(id, uuidv7()),
      'chat.ask': () => chat.ask('And now?'),
    };
    const outcomes = Object.entries<() => Promise<unknown>>(verbs).map(async ([verb, call]) => [
      verb,
      await call().catch((error: unknown) => error),
    ]);
    const unavailable = { code: 'database_unavailable', isRetryable: true };
    expect(await Promise.all(outcomes)).toMatchObject(Object.keys(verbs).map((verb) => [verb, unavailable]));

    await host.database.initialize();
    expect((await chats.ref(id).ask('And now?')).text).toContain('Turn 2');
    expect((await chat.ask('And now?')).text).toContain('Turn 3');
  });

  it.each(Object.keys(TYPEORM_VERSIONS) as (keyof typeof TYPEORM_VERSIONS)[])(
    'binds loaded and saved chats to their service again once it is open, on %s',
    async (version) => {
      const { url = '' } = host.database.options as { url?: string };
      const other = await startForkedHost(version, { primary: url, replica: url, sandbox: host.sandbox.url });
      try {
        for (let times = 0; times < 2; times += 1) {
          expect(await other.does('open again')).toEqual(['done']);
          expect(await other.does('ask a chat that is loaded')).toEqual(['done']);
          expect(await other.does('ask a chat that is saved')).toEqual(['done']);
        }
      } finally {
        other.kill();
      }
    },
  );
});
