import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { type DataSource } from 'typeorm';
import { Chat, DuoChatService } from '../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { until } from './support/until.js';

// Each waits until a caller gives up.
jest.setTimeout(120_000);

const UNAVAILABLE = { code: 'database_unavailable', isRetryable: true };

describe('A write that was reported as failed', () => {
  let database: TestDatabase;
  let host: TestHost;
  let chats: DuoChatService<Chat>;
  let chat: Chat;

  beforeAll(async () => {
    database = await createTestDatabase();
    host = await startTestHost([Chat], { database, poolSize: 2 });
    chats = host.app.get(DuoChatService);
    chat = await chats.create();
    await chat.ask('First');
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  const said = async (): Promise<string[]> =>
    (await chats.messages(chat.id)).items.filter(({ role }) => role === 'user').map(({ text }) => text);

  it('is not stored later, once a table is unlocked', async () => {
    const [asking, adding] = await whileLocked(database.url, () =>
      Promise.allSettled([
        chat.ask('Asked once'),
        // In the queue for a connection, or behind the lock like the ask.
        chats.ref(chat.id).addMessage({ role: 'user', content: 'Added once' }),
      ]),
    );
    expect(asking).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
    expect(adding).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
    await until(async () => (await waitingStatements(host.database)) === 0);
    expect(await said()).toEqual(['First']);
    await chat.ask('Asked once');
    expect(await said()).toEqual(['First', 'Asked once']);
  });

  it('is not stored later, once connections are available again', async () => {
    const before = await said();
    const asking = await host.database.transaction(async (first) => {
      await first.query('SELECT 1');
      return host.database.transaction(async (second) => {
        await second.query('SELECT 1');
        const [outcome] = await Promise.allSettled([chat.ask('Asked without a connection')]);
        return outcome;
      });
    });
    expect(asking).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
    await chat.ask('Asked again');
    expect(await said()).toEqual([...before, 'Asked again']);
  });
});

/** Does the work while another connection keeps everybody from the messages. */
async function whileLocked<T>(url: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('LOCK TABLE messages IN ACCESS EXCLUSIVE MODE');
    return await work();
  } finally {
    await client.end();
  }
}

async function waitingStatements(database: DataSource): Promise<number> {
  const rows: unknown[] = await database.query(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()",
  );
  return rows.length;
}
