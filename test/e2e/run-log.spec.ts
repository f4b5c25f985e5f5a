import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Pool, type QueryConfig } from 'pg';
import { type DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { InstanceStores } from '../../src/chats/store/instance-stores.service.js';
import { type Chat, DuoChatService } from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { type ReceivedEvent } from './support/event-reader.js';
import { HttpClient } from './support/http-client.js';
import { RunRows } from './support/run-rows.js';
import { startServerProcess } from './support/server-process.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';
import { isOfTheClock } from './support/statement-log.js';

const owner = { ownerId: 'local' };

jest.setTimeout(120_000);

describe('The log of a run', () => {
  /** Paces its stories, and says everything else at once. */
  let sandbox: Sandbox;
  let server: TestServer;
  let http: HttpClient;
  let chats: DuoChatService<Chat>;
  let database: DataSource;
  let rows: RunRows;

  beforeAll(async () => {
    sandbox = await startSandbox();
    server = await startTestServer({ instanceUrl: sandbox.url, gatewayUrl: sandbox.url });
    http = new HttpClient(server.url);
    chats = server.app.get(DuoChatService);
    ({ database } = server);
    rows = new RunRows(database);
  });
  afterAll(async () => {
    await server.close();
    await sandbox.close();
  });
  beforeEach(() => {
    sandbox.reset();
  });

  const indexed = (events: ReceivedEvent[]): [number, object][] =>
    events.map(({ id, type, data }) => [Number(id?.split(':')[1]), { type, ...data }]);

  async function lastRun(chatId: string): Promise<string> {
    return (await rows.runs(chatId)).at(-1)?.id as string;
  }

  async function batches(runId: string): Promise<number> {
    const [row]: { n: number }[] = await database.query(
      'SELECT count(*)::int AS n FROM duo_run_events WHERE run_id = $1',
      [runId],
    );
    return row?.n ?? 0;
  }

  /** Asks of which the model says a few words and then nothing for a while. */
  function stall(delayMs: number | undefined, afterChunks = 3, times = 1): void {
    sandbox.fault({ fault: 'stream-stall', afterChunks, times, ...(delayMs !== undefined && { delayMs }) });
  }

  it('contains the events of its followers, with the same indexes', async () => {
    const chatId = await http.createChat();
    stall(4_000);
    const events = await http.events(chatId, 'Say "seq":-1 and \\ and 😀');
    const runId = await lastRun(chatId);
    expect(await rows.log(runId)).toEqual(indexed(events));
    expect(await batches(runId)).toBeGreaterThan(1);
    expect(events.at(-2)).toMatchObject({ type: 'message-end', data: { message: { seq: 1 } } });
    expect(await rows.runs(chatId)).toMatchObject([{ last_event_index: events.length - 1 }]);
  });

  it('is written only with the end of a short run: two round trips in all', async () => {
    const chatId = await http.createChat();
    await http.ask(chatId, 'First');
    const pool = (database.driver as unknown as { master: Pool }).master;
    const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
    let sent = 0;
    Object.assign(pool, {
      query: (statement: QueryConfig) => {
        if (!isOfTheClock(statement.text)) sent += 1;
        return query(statement);
      },
    });
    try {
      await chats.ref(chatId, owner).ask('Second');
    } finally {
      Object.assign(pool, { query });
    }
    expect(sent).toBe(2);
    const log = await rows.log(await lastRun(chatId));
    expect([log[0]?.[1].type, log.at(-1)?.[1].type]).toEqual(['run-start', 'run-end']);
  });

  it('ends with the error of a failed run, with its text and without', async () => {
    const chatId = await http.createChat();
    sandbox.fault({ fault: 'stream-cut', afterChunks: 3 });
    const events = await http.events(chatId, 'Hello');
    expect(await rows.log(await lastRun(chatId))).toEqual(indexed(events));
    expect(events.slice(-3).map(({ type }) => type)).toEqual(['message-end', 'error', 'run-end']);

    sandbox.fault({ fault: 'gateway-internal-error' });
    await expect(http.ask(chatId, 'Again')).rejects.toThrow('502');
    const types = (await rows.log(await lastRun(chatId))).map(([, { type }]) => type);
    expect(types).toEqual(['run-start', 'message-start', 'error', 'run-end']);
  });

  /** Begins a story, which takes a quarter of a minute, and waits until the log has some of it. */
  async function startStory(): Promise<{ chatId: string; runId: string; ended: Promise<unknown> }> {
    const chatId = await http.createChat();
    const ended = chats
      .ref(chatId, owner)
      .ask('Tell me a story')
      .catch((error: unknown) => error);
    await until(async () => (await rows.runs(chatId)).length === 1);
    const runId = await lastRun(chatId);
    await until(async () => (await rows.loggedText(runId)) !== '');
    return { chatId, runId, ended };
  }

  it('rejects events of a run that was taken over, which stops, and whose caller gets the answer all the same', async () => {
    const { chatId, runId, ended } = await startStory();
    const other = uuidv7();
    await database.query(`INSERT INTO duo_instances (id, expires_at) VALUES ($1, now() + interval '1 hour')`, [other]);
    const log = await database.transaction(async (manager) => {
      // No batch is under way while the run is taken over.
      await manager.query('LOCK TABLE duo_run_events IN SHARE MODE');
      await manager.query('UPDATE duo_runs SET fence = fence + 1, instance_id = $2 WHERE id = $1', [runId, other]);
      return rows.log(runId);
    });
    await until(() => sandbox.calls.openStreams === 0);
    expect(sandbox.calls).toMatchObject({ abortedStreams: 1, endedStreams: 0 });
    expect(await rows.log(runId)).toEqual(log);
    expect(await rows.runs(chatId)).toMatchObject([{ status: 'running', fence: 1, answer_message_id: null }]);
    expect((await http.messages(chatId)).map(({ role }) => role)).toEqual(['user']);
    await until(async () => (await rows.attempts(chatId)).join() === 'unknown');
    await database.query('DELETE FROM duo_instances WHERE id = $1', [other]);
    expect(await ended).toMatchObject({ status: 'complete', runId });
    expect(await rows.runs(chatId)).toMatchObject([{ status: 'completed', fence: 2 }]);
  });

  describe('with a row that the database refuses', () => {
    const refuse = (pattern: string): Promise<unknown> =>
      database.query(
        `ALTER TABLE duo_run_events ADD CONSTRAINT refused CHECK (events::text NOT LIKE '%${pattern}%') NOT VALID`,
      );
    const accept = (): Promise<unknown> =>
      database.query('ALTER TABLE duo_run_events DROP CONSTRAINT IF EXISTS refused');
    afterEach(accept);

    it('fails only for that run, and is complete once the row is accepted', async () => {
      const ids = await Promise.all(['poison', 'honey'].map(() => http.createChat()));
      const [poisoned, healthy] = ids as [string, string];
      await refuse('poison');
      stall(10_000, 6, 2);
      const asks = [http.events(poisoned, 'poison'), http.events(healthy, 'honey')];
      await until(async () => (await rows.runs(healthy)).length === 1 && (await rows.runs(poisoned)).length === 1);
      const healthyRun = await lastRun(healthy);
      await until(async () => (await rows.loggedText(healthyRun)) !== '');
      await sleep(1_200);
      expect(await rows.log(await lastRun(poisoned))).toEqual([]);
      await accept();
      for (const [index, events] of (await Promise.all(asks)).entries()) {
        const runId = await lastRun(ids[index] ?? '');
        expect(await rows.log(runId)).toEqual(indexed(events));
        expect(await batches(runId)).toBeGreaterThan(1);
        expect(events.at(-1)).toMatchObject({ type: 'run-end', data: { status: 'completed' } });
      }
    });

    it('serves recovery if the end of a run could not be stored', async () => {
      const chatId = await http.createChat();
      await refuse('run-end');
      stall(5_000);
      await expect(http.ask(chatId, 'Hello')).rejects.toThrow('500');
      await accept();
      const logged = await rows.loggedText(await lastRun(chatId));
      expect(logged).not.toBe('');
      expect(await http.ask(chatId, 'Again')).toMatchObject({ seq: 3, status: 'complete' });
      expect((await http.messages(chatId))[1]).toMatchObject({ status: 'interrupted', text: logged });
      expect(await rows.runs(chatId)).toMatchObject([{ status: 'interrupted' }, { status: 'completed' }]);
    });
  });

  it('is deleted some time after the end of its run, and never before', async () => {
    const { log } = server.app.get(InstanceStores).of(database);
    const chatId = await http.createChat();
    await http.ask(chatId, 'Hello');
    const ended = await lastRun(chatId);
    const { chatId: storyId, runId: live, ended: ending } = await startStory();
    const lost = uuidv7();
    await database.query(`INSERT INTO duo_run_events VALUES ($1, 0, '[]')`, [lost]);
    await sleep(20);
    const kept = async (): Promise<boolean[]> =>
      Promise.all([ended, live, lost].map(async (id) => (await batches(id)) > 0));

    expect(await log.clear(60_000)).toBe(false);
    expect(await kept()).toEqual([true, true, true]);
    expect(await log.clear(0)).toBe(false);
    expect(await kept()).toEqual([false, true, false]);
    await chats.delete(storyId, owner);
    await ending;
  });

  it('is deleted in batches', async () => {
    const { log } = server.app.get(InstanceStores).of(database);
    const lost = uuidv7();
    await database.query(`INSERT INTO duo_run_events SELECT $1, g, '[]' FROM generate_series(1, 1500) g`, [lost]);
    await sleep(20);
    expect(await log.clear(0)).toBe(true);
    expect(await batches(lost)).toBe(500);
    expect(await log.clear(0)).toBe(false);
    expect(await batches(lost)).toBe(0);
  });

  describe('of a chat that is deleted during a run', () => {
    /** What remains is the ledger, also where events were on their way when the chat went. */
    async function expectGone(chatId: string, runId: string): Promise<void> {
      await until(() => sandbox.calls.openStreams === 0);
      await until(async () => (await rows.attempts(chatId))[0] === 'unknown');
      await sleep(1_200);
      expect(await batches(runId)).toBe(0);
      expect(await rows.runs(chatId)).toEqual([]);
      expect(await rows.attempts(chatId)).toEqual(['unknown']);
    }

    it('is deleted with the chat', async () => {
      const { chatId, runId, ended } = await startStory();
      await chats.delete(chatId, owner);
      expect(await ended).toMatchObject({ code: 'chat_not_found' });
      await expectGone(chatId, runId);
    });

    it('is deleted for every way of deleting the chat, and the server continues', async () => {
      const elsewhere = await startServerProcess(server.databaseUrl, sandbox.url);
      try {
        const chatId = await elsewhere.http.createChat();
        const asking = elsewhere.http.ask(chatId, 'Tell me a story').catch((error: unknown) => error);
        await until(async () => (await rows.runs(chatId)).length === 1);
        const runId = await lastRun(chatId);
        await until(async () => (await rows.loggedText(runId)) !== '');
        await chats.delete(chatId, owner);
        await database.query(`INSERT INTO duo_run_events VALUES ($1, 1000, '[]')`, [runId]);
        expect(String(await asking)).toContain('404');
        await expectGone(chatId, runId);
        expect(elsewhere.isRunning).toBe(true);
        expect(await elsewhere.http.ask(await elsewhere.http.createChat(), 'Hello')).toMatchObject({ seq: 1 });
      } finally {
        await elsewhere.kill();
      }
    });
  });
});
