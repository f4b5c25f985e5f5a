import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { type Recovery } from '../../src/config/gitlab-duo-options.interface.js';
import { RunReleasedError } from '../../src/errors/run.errors.js';
import { Chat, DuoChatService, RunInterruptedError } from '../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { RunRows } from './support/run-rows.js';
import { until } from './support/until.js';

jest.setTimeout(60_000);

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

  it('keeps the chat busy for another instance while that lives', async () => {
    const { chat } = await hangingAsk();
    await database.query("UPDATE duo_instances SET expires_at = now() + interval '1 hour'");
    await expect(chats[1].ref(chat.id).ask('Mine')).rejects.toMatchObject({ code: 'chat_busy' });
    await chats[1].delete(chat.id);
  });

  it('continues on another instance, whose answer its caller receives, and cannot end twice', async () => {
    const { chat, outcome } = await hangingAsk();
    await new RunRows(database).orphan(chat.id);
    expect(await outcome).toMatchObject({ seq: 2, text: expect.stringContaining('Turn 1. You said: "Hello"') });
    expect(await runsOf(chat.id)).toMatchObject([{ status: 'completed', fence: 1, error: null }]);
    const { items } = await chats[1].messages(chat.id, { include: 'superseded' });
    expect(items.map(({ role, status }) => [role, status])).toEqual([
      ['user', 'complete'],
      ['assistant', 'interrupted'],
      ['assistant', 'complete'],
    ]);
    await until(() => hosts[0].sandbox.calls.openStreams === 0);
    const attempts: unknown[] = await database.query('SELECT status FROM duo_attempts WHERE chat_id = $1 ORDER BY id', [
      chat.id,
    ]);
    expect(attempts).toEqual([{ status: 'unknown' }, { status: 'succeeded' }]);
  });

  const leases = (): Promise<{ id: string; left: number; has_session: boolean }[]> =>
    database.query(
      'SELECT id, has_session, extract(epoch FROM expires_at - clock_timestamp())::float AS left FROM duo_instances',
    );

  it('has a lease of 60 seconds with its session, which a heartbeat renews and restores', async () => {
    await (await chats[1].create()).ask('Hello');
    await database.query('DELETE FROM duo_instances');
    await until(async () => (await leases()).length > 0);
    for (const { left, has_session } of await leases()) {
      expect([has_session, left > 50 && left <= 60]).toEqual([true, true]);
    }
  });

  it('keeps its run where the database ends its session, which it takes again at once', async () => {
    const { chat } = await hangingAsk();
    const sessions = (): Promise<{ pid: number }[]> =>
      database.query(`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
                         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
    await until(async () => (await sessions()).length === 2);
    for (let times = 0; times < 3; times += 1) {
      const before = await sessions();
      await database.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [
        before.map(({ pid }) => pid),
      ]);
      const endedAt = performance.now();
      await until(async () => {
        const now = await sessions();
        return now.length === 2 && now.every(({ pid }) => before.every((old) => old.pid !== pid));
      });
      expect(performance.now() - endedAt).toBeLessThan(1_000);
      await sleep(1_000);
    }
    await sleep(2_000);
    expect(await runsOf(chat.id)).toMatchObject([{ status: 'running', fence: 0 }]);
    expect((await leases()).map(({ has_session }) => has_session)).toEqual([true, true]);
    await chats[1].delete(chat.id);
  });
});

describe('A shutdown', () => {
  async function shutDown(recovery: Recovery) {
    const shared = await createTestDatabase();
    const host = await startTestHost([Chat], { database: shared, gitlab: { recovery } });
    const reader = await new DataSource({ type: 'postgres', url: shared.url }).initialize();
    const chat = await host.app.get<DuoChatService<Chat>>(DuoChatService).create();
    host.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    const { outcome } = await hanging(chat);
    await host.close();
    const left: unknown[] = await reader.query(
      'SELECT status FROM duo_runs UNION ALL SELECT status FROM messages UNION ALL SELECT id::text FROM duo_instances',
    );
    return { shared, chat, outcome: await outcome, left, reader };
  }

  it('hands active runs over, which the next start continues, and releases the lease', async () => {
    const { shared, chat, outcome, left, reader } = await shutDown('takeover');
    expect(outcome).toBeInstanceOf(RunReleasedError);
    expect(left).toEqual([{ status: 'running' }, { status: 'complete' }]);
    const next = await startTestHost([Chat], { database: shared });
    try {
      const service = next.app.get<DuoChatService<Chat>>(DuoChatService);
      await until(async () => (await service.messages(chat.id, { include: 'superseded' })).items.length === 3);
      const { items } = await service.messages(chat.id, { include: 'superseded' });
      expect(items.slice(1)).toMatchObject([
        { status: 'interrupted', text: expect.stringMatching(/^Turn 1/) },
        { status: 'complete', text: expect.stringContaining('You said: "Hello"') },
      ]);
    } finally {
      await next.close();
      await reader.destroy();
      await shared.drop();
    }
  });

  it("stores active runs as interrupted, with their text, where recovery is 'interrupt'", async () => {
    const { shared, outcome, left, reader } = await shutDown('interrupt');
    expect(outcome).toBeInstanceOf(RunInterruptedError);
    expect(left).toEqual([{ status: 'interrupted' }, { status: 'complete' }, { status: 'interrupted' }]);
    await reader.destroy();
    await shared.drop();
  });

  it('refuses new asks', async () => {
    const host = await startTestHost([Chat], { gitlab: { shutdownGraceMs: 1_000 } });
    const chats = host.app.get<DuoChatService<Chat>>(DuoChatService);
    const [busy, other] = [await chats.create(), await chats.create()];
    host.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    const { outcome } = await hanging(busy);
    const closing = host.close();
    await sleep(100);
    await expect(other.ask('Hello')).rejects.toMatchObject({ code: 'server_busy', retryAfterMs: 1_000 });
    await closing;
    await outcome;
  });
});
