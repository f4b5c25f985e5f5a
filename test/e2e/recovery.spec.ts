import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DataSource } from 'typeorm';
import { Chat, DuoChatService, RunInterruptedError, RunLostError } from '../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { RunRows } from './support/run-rows.js';
import { until } from './support/until.js';

/** Asks, and waits until the model has said something. */
function hanging(chat: Chat): Promise<{ outcome: Promise<unknown> }> {
  return new Promise((resolve) => {
    const outcome: Promise<unknown> = chat
      .ask('Hello', () => {
        resolve({ outcome });
      })
      .catch((error: unknown) => error);
  });
}

describe('A run of a dead instance', () => {
  let shared: TestDatabase;
  let hosts: [TestHost, TestHost];
  let chats: [DuoChatService<Chat>, DuoChatService<Chat>];
  let database: DataSource;

  beforeAll(async () => {
    shared = await createTestDatabase();
    hosts = [await startTestHost([Chat], { database: shared }), await startTestHost([Chat], { database: shared })];
    chats = [hosts[0].app.get(DuoChatService), hosts[1].app.get(DuoChatService)];
    database = hosts[1].database;
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    await shared.drop();
  });

  const runsOf = (chatId: string): Promise<Record<string, unknown>[]> =>
    database.query('SELECT status, fence, error, finished_at FROM duo_runs WHERE chat_id = $1 ORDER BY id', [chatId]);

  /** Begins an ask on the first host that says a few words and then hangs. */
  async function hangingAsk(): Promise<{ chat: Chat; outcome: Promise<unknown> }> {
    const chat = await chats[0].create();
    hosts[0].sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    return { chat, ...(await hanging(chat)) };
  }

  it('keeps the chat busy for another instance until its lease expires', async () => {
    const { chat } = await hangingAsk();
    await database.query("UPDATE duo_instances SET expires_at = now() + interval '1 hour'");
    await expect(chats[1].ref(chat.id).ask('Mine')).rejects.toMatchObject({ code: 'chat_busy' });
    await chats[1].delete(chat.id);
  });

  it('is ended by the next ask of another instance once the lease has expired, and cannot end later', async () => {
    const { chat, outcome } = await hangingAsk();
    await new RunRows(database).orphan(chat.id);
    const answer = await chats[1].ref(chat.id).ask('Mine');
    expect(answer).toMatchObject({ seq: 2, text: expect.stringContaining('Turn 1') });
    expect(await runsOf(chat.id)).toMatchObject([
      { status: 'interrupted', fence: 1, error: { code: 'server_busy' }, finished_at: expect.any(Date) },
      { status: 'completed', fence: 0, error: null },
    ]);
    const attempts: unknown[] = await database.query('SELECT status FROM duo_attempts WHERE chat_id = $1 ORDER BY id', [
      chat.id,
    ]);
    expect(attempts).toEqual([{ status: 'unknown' }, { status: 'succeeded' }]);

    await hosts[0].sandbox.close();
    expect(await outcome).toBeInstanceOf(RunLostError);
    expect((await chats[1].messages(chat.id)).items.map(({ role }) => role)).toEqual(['user', 'user', 'assistant']);
    // The late end writes down why; what the cut request cost stays unknown.
    expect(
      await database.query('SELECT status, error_code FROM duo_attempts WHERE chat_id = $1 ORDER BY id', [chat.id]),
    ).toEqual([
      { status: 'unknown', error_code: 'upstream_error' },
      { status: 'succeeded', error_code: null },
    ]);
  });

  it('has a lease of 15 seconds, which a heartbeat renews and restores', async () => {
    await (await chats[1].create()).ask('Hello');
    await database.query('DELETE FROM duo_instances');
    const left = async (): Promise<number[]> => {
      const leases: { left: number }[] = await database.query(
        'SELECT extract(epoch FROM expires_at - clock_timestamp())::float AS left FROM duo_instances',
      );
      return leases.map(({ left }) => left);
    };
    await until(async () => (await left()).length > 0);
    expect(Math.max(...(await left()))).toBeLessThanOrEqual(15);
  });
});

describe('A shutdown', () => {
  it('stores active runs as interrupted, with their text, and releases the lease', async () => {
    const shared = await createTestDatabase();
    const host = await startTestHost([Chat], { database: shared });
    const other = await startTestHost([Chat], { database: shared });
    try {
      const chat = await host.app.get<DuoChatService<Chat>>(DuoChatService).create();
      host.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
      const ended = await hanging(chat);
      await host.close();
      expect(await ended.outcome).toBeInstanceOf(RunInterruptedError);
      const service = other.app.get<DuoChatService<Chat>>(DuoChatService);
      const { items } = await service.messages(chat.id);
      expect(items[1]).toMatchObject({
        role: 'assistant',
        status: 'interrupted',
        text: expect.stringMatching(/^Turn 1/),
      });
      const left: unknown[] = await other.database.query(
        'SELECT status FROM duo_runs UNION ALL SELECT id::text FROM duo_instances',
      );
      expect(left).toEqual([{ status: 'interrupted' }]);
      expect((await service.ref(chat.id).complete()).text).toContain('Turn 1. You said: "Hello"');
    } finally {
      await other.close();
      await shared.drop();
    }
  });

  it('refuses new asks', async () => {
    const host = await startTestHost([Chat]);
    const chat = await host.app.get<DuoChatService<Chat>>(DuoChatService).create();
    const closing = host.close();
    await expect(chat.ask('Hello')).rejects.toMatchObject({
      code: expect.stringMatching(/server_busy|database_unavailable/),
    });
    await closing;
  });
});
