import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { type EndingProxy, startEndingProxy } from './support/ending-proxy.js';
import { type ForkedHost, startForkedHost, TYPEORM_VERSIONS } from './support/forked-host.js';
import { lockChat } from './support/row-lock.js';
import { startServerProcess } from './support/server-process.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

jest.setTimeout(120_000);

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
      primary.endWhenReady(1);
      expect(await host.does('write')).toEqual(['database_unavailable']);
      expect(await host.does('write')).toEqual(['done']);
    });

    it('fails a statement that waits for the connection, without crashing the host', async () => {
      const host = await startHost();
      expect(await host.does('write behind another')).toEqual(['done', 'done']);
      primary.endWhenReady(1);
      expect(await host.does('write behind another')).toEqual(['done', 'database_unavailable']);
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
