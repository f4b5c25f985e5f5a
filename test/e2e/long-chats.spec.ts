import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Pool, type QueryConfig } from 'pg';
import { type DataSource } from 'typeorm';
import { Module } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { resultText } from '../../src/delegates/result-text.js';
import { type AskOptions, Chat, DuoChatService, type DuoTool, Message, ModelRegistry, Tool } from '../../src/index.js';
import { type MessageStatus, type ModelMessage } from '../../src/messages/message.interface.js';
import { type ToolResultPart } from '../../src/messages/part.interface.js';
import { textOf } from '../../src/messages/text.js';
import { DelegateRegistry } from '../../src/router/delegates.service.js';
import { firstRequest } from '../../src/runs/run-request.js';
import { type HistoryMessage } from '../../src/runs/begin-run.interface.js';
import { historyHash } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { assistant, call, result, user } from '../unit/delegates/conversation.js';
import { addition } from '../unit/delegates/growing-chat.js';
import { casesOf, generator } from '../unit/random.js';
import { RunRows } from './support/run-rows.js';
import { isOfTheClock } from './support/statement-log.js';
import { startTestHost, type TestHost } from './support/test-module.js';

const delegates = new DelegateRegistry();

const CHATS = 10;
const STEPS = 25;

const models = ['duo-chat-sonnet-4-6', 'duo-chat-opus-5', 'duo-chat-gpt-5-5', 'duo-chat-gpt-5-6-sol'];
const registry = new ModelRegistry();

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

const CLAUDE = 'duo-chat-sonnet-4-6';
const MODELS = [CLAUDE, 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'] as const;
type Model = (typeof MODELS)[number];

/** The vendor's own test of redacted thinking. */
const REDACTED =
  'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB';

const parameters = { type: 'object' as const, properties: {} };

@Tool({ description: 'Looks at something', parameters })
class Look implements DuoTool<{ at: string }> {
  execute(input: { at: string }): object {
    return { seen: input.at };
  }
}

@Tool({ description: 'Pays', parameters, requiresApproval: true })
class Pay implements DuoTool {
  execute(): string {
    return 'Paid';
  }
}

@Module({ providers: [Look, Pay] })
class ToolsModule {}

describe('Chats on any model', () => {
  let shared: TestDatabase;
  let host: TestHost;
  let chats: DuoChatService<Chat>;

  beforeAll(async () => {
    shared = await createTestDatabase();
    host = await startTestHost([Chat], { database: shared, imports: [ToolsModule] });
    chats = host.app.get(DuoChatService);
  });
  afterAll(async () => {
    await host.close();
    await shared.drop();
  });

  /** The hash of a whole history, as the sandbox quotes it where nothing got lost on the way to this model. */
  async function hashOf(chatId: string, model: Model): Promise<string> {
    const { items } = await chats.messages(chatId);
    const results = items.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool-result'));
    const said = items.flatMap(({ role, parts }) => {
      if (role === 'tool') return [];
      const calls = parts.filter((part) => part.type === 'tool-call');
      const texts = [textOf(parts), ...calls.map((call) => `${call.name} ${JSON.stringify(call.arguments)}`)];
      const answers = calls.map(({ id }) => results.find((result) => result.id === id) as ToolResultPart);
      return [
        ...texts.map((text) => ({ role, text })),
        // Only Claude's API has a mark for errors.
        ...answers.map((answer) => {
          const prefix = answer.isError && model !== CLAUDE ? 'Error: ' : '';
          return { role: 'tool' as const, text: prefix + resultText(answer) };
        }),
      ];
    });
    return historyHash(said);
  }

  describe.each<[Model, Model, Model]>([
    [MODELS[0], MODELS[1], MODELS[2]],
    [MODELS[1], MODELS[2], MODELS[0]],
    [MODELS[2], MODELS[0], MODELS[1]],
  ])('A conversation of ten steps with %s, then %s, then %s', (first, second, third) => {
    it('is replayed completely to each of them, live and in another application', async () => {
      const chat = await chats.create({ model: first, instructions: 'Be brief.' });
      chat.withTools(Look, Pay).withThinking({ effort: 'low' });
      await chat.ask('Look twice.\ncall look {"at":"sun"}\ncall look {"at":"moon"}');

      await chat.ask('call pay {"amount":5}\ncall look {"at":"sea"}');
      const [pending] = await chat.pendingApprovals();
      await chat.deny(pending?.id ?? '', { by: 'ann', reason: 'Too much' });
      expect((await chat.complete()).text).toContain('Too much');

      chat.withModel(second);
      await chat.ask('Look again.\ncall look {"at":"hill"}\ncall look {"at":"lake"}');

      // The third model takes over between the calls of the second and their results.
      await chat.addMessage({ role: 'user', content: 'call look {"at":"tree"}\ncall look {"at":"leaf"}' });
      await chat.generate();
      expect((await chat.complete({ model: third })).text).toContain('"{"seen":"tree"}", "{"seen":"leaf"}"');
      await chat.withModel(third).ask('And last.\ncall look {"at":"sky"}');

      expect(await new RunRows(host.database).attempts(chat.id)).toEqual(Array.from({ length: 10 }, () => 'succeeded'));
      const { items } = await chats.messages(chat.id);
      const thoughts = items.flatMap(({ parts }) => parts.filter((part) => part.type === 'reasoning'));
      expect(new Set(thoughts.map(({ api }) => api))).toEqual(new Set(['anthropic-messages', 'openai-responses']));
      expect(thoughts.every(({ raw }) => raw !== undefined)).toBe(true);

      await chat.ask('And now?');
      const other = await startTestHost([Chat], { database: shared, imports: [ToolsModule] });
      try {
        for (const model of MODELS) {
          const reloaded = await other.app.get<DuoChatService<Chat>>(DuoChatService).find(chat.id);
          await reloaded.addMessage({ role: 'user', content: `What of it all, ${model}?` });
          const hash = await hashOf(chat.id, model);
          expect((await reloaded.complete({ model })).text).toContain(`History: ${hash}.`);
        }
      } finally {
        await other.close();
      }
    });
  });

  describe('Redacted thinking', () => {
    it('is replayed unchanged to Claude, and to no other model', async () => {
      const chat = await chats.create({ model: CLAUDE });
      chat.withTools(Look).withThinking({ budgetTokens: 1_024 });
      await chat.ask(`${REDACTED}\ncall look {"at":"sun"}`);
      const { items } = await chats.messages(chat.id);
      const thoughts = items.flatMap(({ parts }) => parts.filter((part) => part.type === 'reasoning'));
      expect(thoughts.map(({ text, raw }) => [text, raw?.type])).toEqual([
        ['', 'redacted_thinking'],
        ['', 'redacted_thinking'],
      ]);
      await chat.ask('And now?');
      expect(JSON.stringify(host.sandbox.calls.lastRequests['anthropic-messages'])).toContain(
        JSON.stringify(thoughts[0]?.raw),
      );
      await chat.withModel(MODELS[1]).ask('And now?');
      expect(JSON.stringify(host.sandbox.calls.lastRequests['openai-chat'])).not.toContain('redacted_thinking');
    });
  });

  describe('A chat with random rows', () => {
    const CHATS = casesOf(100);
    const statuses: MessageStatus[] = ['complete', 'complete', 'cancelled', 'failed', 'interrupted'];

    async function store(history: readonly ModelMessage[], below: (bound: number) => number): Promise<Chat> {
      const chat = await chats.create({ model: MODELS[below(MODELS.length)], params: { thinking: { effort: 'low' } } });
      const rows: object[] = history.map(({ role, parts }, seq) => ({
        id: uuidv7(),
        chatId: chat.id,
        seq,
        role,
        parts: [...parts],
        text: textOf(parts),
        status: role === 'assistant' ? statuses[below(statuses.length)] : 'complete',
        supersededBy: below(12) === 0 ? uuidv7() : null,
      }));
      await host.database.getRepository(Message).insert(rows);
      await host.database.query('UPDATE chats SET next_seq = $2 WHERE id = $1', [chat.id, rows.length]);
      return chat;
    }

    it(`is answered by every model, in ${CHATS} chats`, async () => {
      for (let seed = 1; seed <= CHATS; seed += 1) {
        const below = generator(seed);
        const history = Array.from({ length: 1 + below(5) }, () => addition(below)).flat();
        const chat = await store(history, below);
        for (const model of MODELS) {
          const asked = await chats
            .ref(chat.id)
            .ask('And now?', { model })
            .catch((error: unknown) => error);
          expect([seed, model, asked]).toMatchObject([seed, model, { status: 'complete', finishReason: 'stop' }]);
        }
        await chats.ref(chat.id).addMessage({ role: 'user', content: 'And last?' });
        expect([seed, await chats.ref(chat.id).complete()]).toMatchObject([seed, { status: 'complete' }]);
      }
    });
  });
});
