import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { Chat, DuoChatService, type DuoMessage, GitlabDuoError } from '../../src/index.js';
import { historyHash } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { generator } from '../unit/random.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { RunRows } from './support/run-rows.js';

// Each does much, one after the other.
jest.setTimeout(120_000);

/** Fewer connections than there are who wait for one. */
const POOL_SIZE = 4;

describe('Two instances on the same chats', () => {
  let shared: TestDatabase;
  let hosts: [TestHost, TestHost];
  let services: [DuoChatService<Chat>, DuoChatService<Chat>];

  beforeAll(async () => {
    shared = await createTestDatabase();
    const start = (): Promise<TestHost> => startTestHost([Chat], { database: shared, poolSize: POOL_SIZE });
    hosts = [await start(), await start()];
    await new RunRows(hosts[0].database).prolongLeases();
    services = [hosts[0].app.get(DuoChatService), hosts[1].app.get(DuoChatService)];
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    const deadlocks = await deadlocksOf(shared);
    await shared.drop();
    // A store that met one may have sent its statement again, so that no caller noticed.
    expect(deadlocks).toBe(0);
  });
  beforeEach(() => {
    for (const { sandbox } of hosts) sandbox.reset();
  });

  const either = (index: number): DuoChatService<Chat> => services[index % 2 === 0 ? 0 : 1];
  const query = <Row>(text: string, values: unknown[] = []): Promise<Row[]> => hosts[0].database.query(text, values);
  const createChat = async (): Promise<string> => (await services[0].create()).id;

  /** What is in the chat, which is as it must always be: seqs without holes, no run left, each answer to what was said. */
  async function checkedMessages(chatId: string): Promise<DuoMessage[]> {
    const { items } = await services[0].messages(chatId, { limit: 1_000, include: 'superseded' });
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_message, index) => index));
    const active = await query("SELECT 1 FROM duo_runs WHERE chat_id = $1 AND status IN ('running', 'queued')", [
      chatId,
    ]);
    expect(active).toEqual([]);
    for (const answer of items) {
      if (answer.role === 'assistant' && answer.status === 'complete') expectWholeReplay(answer, items);
    }
    return items;
  }

  /** Asks again and again while the chat is busy. */
  async function askUntilTaken(service: DuoChatService<Chat>, chatId: string, content: string): Promise<DuoMessage> {
    for (;;) {
      try {
        return await service.ref(chatId).ask(content);
      } catch (error) {
        if (codeOf(error) !== 'chat_busy') throw error;
        await sleep(1);
      }
    }
  }

  it('begin a run while the other finishes, with the whole history', async () => {
    const chatId = await createChat();
    const asking = [0, 1, 2, 3].map(async (worker) => {
      for (let turn = 0; turn < 10; turn += 1) await askUntilTaken(either(worker), chatId, `${worker}.${turn}`);
    });
    await Promise.all(asking);
    expect(await checkedMessages(chatId)).toHaveLength(80);
  });

  it('send one of 50 concurrent asks to the model, and the next one after it', async () => {
    const chatId = await createChat();
    for (const { sandbox } of hosts) sandbox.fault({ fault: 'stream-late-first-byte', delayMs: 10_000 });
    const asks = Array.from({ length: 50 }, (_, index) => either(index).ref(chatId).ask(`Ask ${index}`));
    const outcomes = await Promise.allSettled(asks);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(codesOf(outcomes)).toEqual(Array.from({ length: 49 }, () => 'chat_busy'));
    for (const { sandbox } of hosts) sandbox.reset();
    expect((await services[1].ref(chatId).ask('Next')).seq).toBe(3);
    expect(await checkedMessages(chatId)).toHaveLength(4);
  });

  it('run 50 asks on 50 chats with few connections, twice', async () => {
    const chatIds = await Promise.all(Array.from({ length: 50 }, createChat));
    for (const round of [1, 2]) {
      const answers = await Promise.all(
        chatIds.map((chatId, index) =>
          either(index + round)
            .ref(chatId)
            .ask(`Round ${round}`),
        ),
      );
      expect(new Set(answers.map(({ seq }) => seq))).toEqual(new Set([round * 2 - 1]));
    }
    for (const chatId of chatIds) expect(await checkedMessages(chatId)).toHaveLength(4);
  });

  it('let exactly one of 40 concurrent begins win, repeatedly', async () => {
    const chatId = await createChat();
    for (let round = 0; round < 10; round += 1) {
      for (const { sandbox } of hosts) sandbox.fault({ fault: 'stream-late-first-byte', delayMs: 60_000, times: 0 });
      const cancel = new AbortController();
      const refused: unknown[] = [];
      const asks = Array.from({ length: 40 }, async (_, index) => {
        try {
          await either(index).ref(chatId).ask(`${round}.${index}`, { signal: cancel.signal });
        } catch (error) {
          refused.push(codeOf(error));
          if (refused.length === 39) cancel.abort(new Error('39 were refused'));
          throw error;
        }
      });
      await Promise.allSettled(asks);
      expect(refused.slice(0, 39)).toEqual(Array.from({ length: 39 }, () => 'chat_busy'));
      expect(String(refused[39])).toContain('39 were refused');
      for (const { sandbox } of hosts) sandbox.reset();
    }
    // A run that was cancelled before its first word leaves only its question.
    await services[0].ref(chatId).ask('Last');
    expect(await checkedMessages(chatId)).toHaveLength(12);
  });

  it('accept messages during runs, in one order', async () => {
    const chatId = await createChat();
    const adding = Array.from({ length: 40 }, async (_, index) => {
      await sleep(index * 5);
      return either(index)
        .ref(chatId)
        .addMessage({ role: 'user', content: `Beside ${index}` });
    });
    const asking = [0, 1].map(async (worker) => {
      for (let turn = 0; turn < 8; turn += 1) await askUntilTaken(either(worker), chatId, `${worker}.${turn}`);
    });
    const added = await Promise.all(adding);
    await Promise.all(asking);
    expect(new Set(added.map(({ seq }) => seq)).size).toBe(40);
    expect(await checkedMessages(chatId)).toHaveLength(40 + 2 * 16);
  });

  it('leave nothing of a chat that is deleted during a begin, a run or a finish', async () => {
    const random = generator(7);
    for (let round = 0; round < 30; round += 1) {
      const chatId = await createChat();
      const asking = either(round).ref(chatId).ask('Hello');
      const outcome = asking.then(
        () => 'answered',
        (error: unknown) => codeOf(error),
      );
      await sleep(random(25));
      await either(round + 1).delete(chatId);
      expect(['answered', 'chat_not_found']).toContain(await outcome);
      const left = await query<object>(
        'SELECT id FROM duo_runs WHERE chat_id = $1 UNION ALL SELECT id FROM messages WHERE chat_id = $1 UNION ALL SELECT id FROM chats WHERE id = $1',
        [chatId],
      );
      expect(left).toEqual([]);
      const pending = await query("SELECT id FROM duo_attempts WHERE chat_id = $1 AND status = 'pending'", [chatId]);
      expect(pending).toEqual([]);
    }
  });

  it('lose no update of a chat during a run or another update', async () => {
    const chatId = await createChat();
    const asking = (async () => {
      for (let turn = 1; turn <= 15; turn += 1) {
        const chat = await services[0].find(chatId);
        await chat.withParams({ maxOutputTokens: 1_000 + turn }).ask(`Turn ${turn}`);
        expect((await services[0].find(chatId)).params).toMatchObject({ maxOutputTokens: 1_000 + turn });
      }
    })();
    const changing = [0, 1].map(async (worker) => {
      for (let change = 1; change <= 25; change += 1) {
        await either(worker).update(chatId, worker === 0 ? { title: `${change}` } : { metadata: { change } });
      }
    });
    await Promise.all([asking, ...changing]);
    expect(await services[1].find(chatId)).toMatchObject({ title: '25', metadata: { change: 25 } });
    expect(await checkedMessages(chatId)).toHaveLength(30);
  });

  it('do not restore a chat that is deleted during an update', async () => {
    for (let round = 0; round < 30; round += 1) {
      const chatId = await createChat();
      const changes = Promise.allSettled(
        Array.from({ length: 4 }, (_, index) =>
          either(index).update(chatId, { title: 'x', instructions: 'Be brief.' }),
        ),
      );
      await either(round).delete(chatId);
      expect(codesOf(await changes).filter((code) => code !== 'chat_not_found')).toEqual([]);
      expect(await query('SELECT id FROM chats WHERE id = $1', [chatId])).toEqual([]);
    }
  });

  it("refuse an ask inside the caller's own transaction on the chat, and lose nothing", async () => {
    const chat = await services[0].create();
    await chat.ask('One');
    await hosts[0].database.transaction(async (manager) => {
      await manager.update(Chat, { id: chat.id }, { title: 'Mine' });
      chat.withParams({ maxOutputTokens: 700 });
      await expect(chat.ask('Two')).rejects.toMatchObject({ code: 'chat_locked', isRetryable: true });
      await expect(services[1].ref(chat.id).addMessage({ role: 'user', content: 'x' })).rejects.toMatchObject({
        code: 'chat_locked',
      });
    });
    expect(await services[0].find(chat.id)).toMatchObject({ title: 'Mine', params: {} });
    expect((await chat.ask('Two')).seq).toBe(3);
    expect(await services[0].find(chat.id)).toMatchObject({ title: 'Mine', params: { maxOutputTokens: 700 } });
    expect(await checkedMessages(chat.id)).toHaveLength(4);
  });

  it('survive random concurrent operations', async () => {
    const chatIds = await Promise.all(Array.from({ length: 4 }, createChat));
    const unexpected: unknown[] = [];
    const expected = ['chat_busy', 'chat_not_found', 'upstream_overloaded', 'upstream_error', 'validation_failed'];
    const work = async (worker: number): Promise<void> => {
      const random = generator(worker);
      const service = either(worker);
      for (let operation = 0; operation < 40; operation += 1) {
        const place = random(chatIds.length);
        const chatId = chatIds[place] ?? '';
        const act = random(20);
        try {
          if (act < 8) await service.ref(chatId).ask(`${worker}.${operation}`);
          else if (act < 12) await service.ref(chatId).complete();
          else if (act < 16) await service.ref(chatId).addMessage({ role: 'user', content: `Beside ${operation}` });
          else if (act < 17) await service.update(chatId, { title: `${operation}` });
          else if (act < 19)
            hosts[random(2) === 0 ? 0 : 1].sandbox.fault({
              fault: act < 18 ? 'stream-cut' : 'gateway-overloaded',
              afterChunks: 3,
            });
          else {
            chatIds[place] = (await service.create()).id;
            await service.delete(chatId);
          }
        } catch (error) {
          if (!expected.includes(String(codeOf(error)))) unexpected.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: 10 }, (_, worker) => work(worker)));
    expect(unexpected).toEqual([]);
    for (const { sandbox } of hosts) sandbox.reset();
    for (const chatId of chatIds) {
      await services[0].ref(chatId).ask('Last');
      await checkedMessages(chatId);
    }
    const attempts = await query(
      // An attempt that ended has its duration, also where its cost was not told; one that was lost has none.
      "SELECT id FROM duo_attempts WHERE status = 'pending' OR (status = 'unknown' AND duration_ms IS NULL)",
    );
    expect(attempts).toEqual([]);
  });
});

/** The sandbox quotes a hash of what it was sent: that must be what the chat held when the answer's run began. */
function expectWholeReplay(answer: DuoMessage, messages: DuoMessage[]): void {
  const said = messages.find(({ role, runId }) => role === 'user' && runId === answer.runId);
  // A completion has no message of its own: it began somewhere between the answer before it and its own.
  const previous = messages.findLast(({ role, seq }) => role === 'assistant' && seq < answer.seq);
  const begins = said
    ? [said.seq]
    : Array.from({ length: answer.seq }, (_, seq) => seq).filter((seq) => seq >= (previous?.seq ?? 0));
  const hashes = begins.map((seq) => historyHash(replayed(messages, seq, answer.runId)));
  expect(hashes).toContain(/History: ([0-9a-f]{12})/.exec(answer.text)?.[1]);
}

/** What a run that begins after `seq` replays: not what an earlier run, or itself, has replaced. */
function replayed(messages: DuoMessage[], seq: number, runId: string | null): DuoMessage[] {
  const endOf = (id: string | null): number =>
    messages.find((message) => message.role === 'assistant' && message.runId === id)?.seq ?? Infinity;
  return messages.filter(
    (message) =>
      message.seq <= seq &&
      (message.supersededBy === null || (message.supersededBy !== runId && endOf(message.supersededBy) > seq)),
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof GitlabDuoError ? error.code : error;
}

function codesOf(outcomes: PromiseSettledResult<unknown>[]): unknown[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [codeOf(outcome.reason)] : []));
}

async function deadlocksOf(database: TestDatabase): Promise<number> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(rows[0]?.deadlocks);
  } finally {
    await client.end();
  }
}
