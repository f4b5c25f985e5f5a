import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Pool, type QueryConfig } from 'pg';
import { type DataSource } from 'typeorm';
import { type AskOptions, Chat, DuoChatService, ModelRegistry } from '../../src/index.js';
import { type ModelMessage } from '../../src/messages/message.interface.js';
import { DelegateRegistry } from '../../src/router/delegates.service.js';
import { type HistoryMessage } from '../../src/runs/run-store.interface.js';
import { firstRequest } from '../../src/runs/run-request.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { assistant, call, result, user } from '../unit/delegates/conversation.js';
import { generator } from '../unit/random.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { isOfTheClock } from './support/statement-log.js';

const delegates = new DelegateRegistry();

const CHATS = 10;
const STEPS = 25;

const models = ['duo-chat-sonnet-4-6', 'duo-chat-opus-5', 'duo-chat-gpt-5-5', 'duo-chat-gpt-5-6-sol'];
const registry = new ModelRegistry();

describe('A long chat', () => {
  let database: TestDatabase;
  let hosts: [TestHost, TestHost];
  let rows: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase();
    hosts = [await startTestHost([Chat], { database }), await startTestHost([Chat], { database })];
    rows = hosts[0].database;
  });
  afterAll(async () => {
    for (const host of hosts) await host.close();
    await database.drop();
  });
  beforeEach(() => {
    for (const host of hosts) host.sandbox.reset();
  });

  const chatsOf = (host: TestHost) => host.app.get<DuoChatService<Chat>>(DuoChatService);

  /** The live messages as anybody reads them. */
  const liveMessages = (chatId: string): Promise<HistoryMessage[]> =>
    rows.query(
      'SELECT id, seq, role, status, parts FROM messages WHERE chat_id = $1 AND superseded_by IS NULL ORDER BY seq',
      [chatId],
    );

  async function store(chatId: string, messages: ModelMessage[]): Promise<void> {
    for (const { role, parts } of messages) {
      await rows.query(
        `WITH c AS (UPDATE chats SET next_seq = next_seq + 1 WHERE id = $1 RETURNING next_seq - 1 AS seq)
         INSERT INTO messages (id, chat_id, seq, role, text, parts) SELECT $2, $1, seq, $3, '', $4 FROM c`,
        [chatId, randomUUID(), role, JSON.stringify(parts)],
      );
    }
  }

  /** Asks and tells what the model got, and what it had to get by what the database says. */
  async function ask(
    host: TestHost,
    chatId: string,
    content: string | null,
    options: AskOptions,
  ): Promise<[got: unknown, expected: unknown]> {
    const before = await liveMessages(chatId);
    const chats = chatsOf(host);
    const chat = await chats.find(chatId);
    if (content === null) await chats.ref(chatId).complete(options);
    else await chats.ref(chatId).ask(content, options);
    const model = registry.get(options.model ?? chat.model);
    const said = content === null ? [] : [user(content)];
    const ofChat = { chatId, ownerId: null, params: chat.params, tools: null, agent: null, agentInputs: null };
    const begun = { ...ofChat, runId: '', fence: 0, model: model.id };
    const { request } = firstRequest(
      { ...begun, history: [...before, ...said] as HistoryMessage[] },
      {
        chat,
        user: content === null ? null : [],
        settings: {},
        model: options.model,
        params: options.params,
        instructions: options.instructions,
      },
      [],
    );
    const body = delegates.get(model).render(model, request).body.toString();
    return [host.sandbox.calls.lastRequests[model.api]?.body, JSON.parse(body)];
  }

  /** Changes the chat behind the back of everybody who has read it. */
  async function change(chatId: string, below: (bound: number) => number): Promise<void> {
    const spoken = (await liveMessages(chatId)).filter(({ role }) => role === 'user' || role === 'assistant');
    const id = spoken[below(spoken.length)]?.id;
    const other = spoken[below(spoken.length)]?.id;
    const parts = [{ type: 'text', text: `Edited ${below(1_000)}` }];
    const changes: (() => Promise<unknown>)[] = [
      () => store(chatId, [user('Look'), assistant('Wait.', call('a')), result('a', 'fine'), assistant('So.')]),
      () => store(chatId, [user('Look'), assistant(call('a'), call('b')), user('Well?'), assistant('Nothing came.')]),
      () => store(chatId, [result('b', 'late')]),
      () => store(chatId, [user('One'), assistant('Two')]),
      () => rows.query('UPDATE messages SET parts = $2 WHERE id = $1', [id, JSON.stringify(parts)]),
      () => rows.getRepository('messages').update({ id }, { parts }),
      () => rows.query('DELETE FROM messages WHERE id = $1', [id]),
      () => rows.query('UPDATE messages SET superseded_by = $2 WHERE id = $1', [id, randomUUID()]),
      () =>
        rows.query(
          `UPDATE messages m SET parts = o.parts FROM messages o
          WHERE m.chat_id = $1 AND o.chat_id = $1 AND (m.id, o.id) IN (($2, $3), ($3, $2)) AND m.role = o.role`,
          [chatId, id, other],
        ),
      () => remade(chatId, id),
    ];
    await changes[below(changes.length)]?.();
  }

  /** Deletes all messages and stores them again under the same ids and numbers, one of them with other words. */
  function remade(chatId: string, changedId: string | undefined): Promise<void> {
    return rows.transaction(async (manager) => {
      const messages = manager.getRepository('messages');
      const all = await messages.findBy({ chatId });
      await messages.delete({ chatId });
      const parts = [{ type: 'text', text: 'Remade' }];
      await messages.insert(all.map((message) => (message.id === changedId ? { ...message, parts } : message)));
    });
  }

  it('always replays what is in the database, on two servers, after random changes', async () => {
    for (let seed = 1; seed <= CHATS; seed += 1) {
      const below = generator(seed);
      const pick = <Value>(values: readonly Value[]): Value => values[below(values.length)] as Value;
      const { id } = await chatsOf(hosts[0]).create();
      for (let step = 1; step <= STEPS; step += 1) {
        const host = pick(hosts);
        const options: AskOptions = {
          ...(below(3) === 0 && { model: pick(models) }),
          ...(below(4) === 0 && { instructions: `In ask ${step} alone.` }),
          ...(below(4) === 0 && { params: { thinking: { effort: 'low' as const } } }),
        };
        if (below(3) === 0) await change(id, below);
        if (below(6) === 0) await chatsOf(host).update(id, { instructions: `From ask ${step} on.` });
        if (below(6) === 0) {
          host.sandbox.fault({ fault: 'stream-cut', afterChunks: 2 });
          await expect(chatsOf(host).ref(id).ask(`Fail at ${step}`)).rejects.toMatchObject({ code: 'upstream_error' });
        }
        const isWaiting = (await liveMessages(id)).at(-1)?.status === 'failed';
        const [got, expected] = await ask(host, id, isWaiting ? null : `Say ${step}`, options);
        expect([seed, step, JSON.stringify(got)]).toEqual([seed, step, JSON.stringify(expected)]);
      }
    }
  });

  it('is read once by each server, in one round trip', async () => {
    const { id } = await chatsOf(hosts[0]).create();
    await store(id, Array.from({ length: 500 }, (_, turn) => [user(`Turn ${turn}`), assistant('Yes.')]).flat());
    const counts: number[][] = [];
    for (const host of hosts) {
      const chats = chatsOf(host);
      for (let turn = 1; turn <= 3; turn += 1) {
        const queries = counted(host.database);
        await chats.ref(id).ask('Go on');
        counts.push(queries.stop());
      }
    }
    // The begin returns a header and what its server has not seen, and the finish one row.
    expect(counts).toEqual([
      [1_001, 1],
      [3, 1],
      [3, 1],
      [1_007, 1],
      [3, 1],
      [3, 1],
    ]);
  });

  it('includes a message that another writer stored while the begin waited for it', async () => {
    const [{ app, sandbox, database: source }] = hosts;
    const chats = app.get<DuoChatService<Chat>>(DuoChatService);
    const { id } = await chats.create();
    await chats.ref(id).ask('Hello');
    const queries = counted(source);
    let asking: Promise<unknown> | undefined;
    await hosts[1].database.transaction(async (manager) => {
      await manager.query('UPDATE chats SET next_seq = next_seq + 1 WHERE id = $1', [id]);
      await manager.query('INSERT INTO messages (id, chat_id, seq, role, text, parts) VALUES ($1, $2, 2, $3, $4, $5)', [
        randomUUID(),
        id,
        'assistant',
        '',
        JSON.stringify(assistant('Beside').parts),
      ]);
      asking = chats.ref(id).ask('And?');
      await isWaitingForLock(source);
    });
    await asking;
    // A begin whose snapshot lacks the new message, one more look, which finds it, and the finish.
    expect(queries.stop()).toEqual([3, 3, 1]);
    expect(JSON.stringify(sandbox.calls.lastRequests['anthropic-messages']?.body)).toContain('Beside');
  });

  it('forgets a deleted chat, and does not confuse it with another of the same id', async () => {
    const chats = chatsOf(hosts[0]);
    const { id } = await chats.create();
    await chats.ref(id).ask('Remember 1');
    await chats.ref(id).ask('Remember 2');
    await chats.delete(id);
    await rows.query(`INSERT INTO chats (id, model) VALUES ($1, 'duo-chat-sonnet-4-6')`, [id]);
    const [got, expected] = await ask(hosts[0], id, 'Who are you?', {});
    expect(got).toEqual(expected);
    expect(JSON.stringify(got)).not.toContain('Remember');
  });
});

/** Resolves once a statement of this database waits for a row that another transaction holds. */
async function isWaitingForLock(dataSource: DataSource): Promise<void> {
  for (;;) {
    const waiting: unknown[] = await dataSource.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Counts the rows that each statement of the hot path returns. */
function counted(dataSource: DataSource): { stop(): number[] } {
  const pool = (dataSource.driver as unknown as { master: Pool }).master;
  const counts: number[] = [];
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<{ rowCount: number }>;
  Object.assign(pool, {
    query: async (statement: QueryConfig) => {
      const answer = await query(statement);
      if (!isOfTheClock(statement.text)) counts.push(answer.rowCount);
      return answer;
    },
  });
  return {
    stop() {
      delete (pool as Partial<Pool>).query;
      return counts;
    },
  };
}
