import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type DataSource, Entity } from 'typeorm';
import { chatKind } from '../../src/chats/chat-kind.js';
import { DuoAttempt } from '../../src/chats/entities/duo-attempt.entity.js';
import { kindTables } from '../../src/chats/store/kind-tables.js';
import { chatUsageSql, ownerlessUsageSql, ownerUsageSql } from '../../src/chats/store/read-usage.js';
import {
  ActsAsChat,
  ActsAsMessage,
  Chat,
  DuoChatService,
  DuoService,
  getDuoChatToken,
  type MemoryChat,
  type OnChunk,
} from '../../src/index.js';
import { type Usage } from '../../src/messages/message.interface.js';
import { type AttemptStatus } from '../../src/messages/usage-report.js';
import { addUsage, noUsage } from '../../src/messages/usage.js';
import { type FaultPlan } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import {
  beginSse,
  grant,
  json,
  type Reply,
  reset,
  silence,
  sse,
  startUpstream,
  type Upstream,
} from '../unit/gateway/upstream.js';
import { RunRows } from './support/run-rows.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { until } from './support/until.js';
import { type VendorWire, vendorWires } from './support/vendor-wires.js';

@Entity('note_messages')
class NoteMessage extends ActsAsMessage<Note>({ chat: () => Note }) {}

@Entity('notes')
class Note extends ActsAsChat<NoteMessage>({ messages: () => NoteMessage }) {}

const SONNET = 'duo-chat-sonnet-4-6';
const nothing = { attempts: 0, pendingAttempts: 0, unknownAttempts: 0, ...noUsage };

describe('The ledger', () => {
  let shared: TestDatabase;
  let host: TestHost;
  let chats: DuoChatService<Chat>;
  let notes: DuoChatService<Note>;
  let database: DataSource;

  beforeAll(async () => {
    shared = await createTestDatabase();
    host = await startTestHost([Chat, Note], { database: shared, tries: 2 });
    chats = host.app.get(getDuoChatToken(Chat));
    notes = host.app.get(getDuoChatToken(Note));
    database = host.database;
  });
  afterAll(async () => {
    await host.close();
    await shared.drop();
  });
  beforeEach(() => {
    host.sandbox.reset();
  });

  const rowsOf = (chatId: string): Promise<DuoAttempt[]> =>
    database.getRepository(DuoAttempt).find({ where: { chatId }, order: { id: 'ASC' } });

  /** A chat whose ask, with these faults before it, has ended in whatever way. */
  async function asked(...faults: FaultPlan[]): Promise<Chat> {
    const chat = await chats.create();
    for (const fault of faults) host.sandbox.fault(fault);
    await chat.ask('Hello').catch(() => undefined);
    return chat;
  }

  it('has each request as pending before it is sent', async () => {
    const chat = await chats.create({ ownerId: 'ann' });
    host.sandbox.fault({ fault: 'stream-late-first-byte', delayMs: 3_000 });
    const asking = chat.ask('Hello');
    await until(() => host.sandbox.calls.requests['anthropic-messages'] === 1);
    expect(await rowsOf(chat.id)).toMatchObject([
      { status: 'pending', step: 1, number: 1, ownerId: 'ann', chatKind: 'chats', model: SONNET, inputTokens: null },
    ]);
    expect(await chat.usage()).toMatchObject({ attempts: 1, pendingAttempts: 1, unknownAttempts: 0, inputTokens: 0 });
    const { usage, id } = await asking;
    expect(await rowsOf(chat.id)).toMatchObject([
      { status: 'succeeded', messageId: id, ...usage, firstTokenMs: expect.any(Number), errorCode: null },
    ]);
  });

  it.each<[string, FaultPlan, AttemptStatus, string]>([
    ['is refused', { fault: 'gateway-overloaded' }, 'failed', 'upstream_overloaded'],
    ['is limited', { fault: 'gateway-rate-limit' }, 'failed', 'rate_limited'],
    ['loses its connection', { fault: 'gateway-reset' }, 'unknown', 'upstream_error'],
    ['has its stream cut', { fault: 'stream-cut', afterChunks: 3 }, 'unknown', 'upstream_error'],
    ['has its stream reset', { fault: 'stream-reset' }, 'unknown', 'upstream_error'],
    ['has an error in its stream', { fault: 'stream-error' }, 'unknown', 'upstream_overloaded'],
  ])('has a row for a request that %s, and another for its retry', async (_name, fault, status, errorCode) => {
    const retried = await asked(fault);
    expect(await rowsOf(retried.id)).toMatchObject([
      { number: 1, status, errorCode, messageId: null },
      { number: 2, status: 'succeeded', errorCode: null, messageId: expect.any(String) },
    ]);
    const failed = await asked({ ...fault, times: 2 });
    expect(await rowsOf(failed.id)).toMatchObject([
      { number: 1, status, errorCode },
      { number: 2, status, errorCode },
    ]);
    expect(await failed.usage()).toMatchObject({ attempts: 2 });
  });

  it.each<[string, FaultPlan, string]>([
    ['the model', { fault: 'gateway-bad-request' }, 'upstream_error'],
    ['the context window', { fault: 'gateway-context-overflow' }, 'context_window_exceeded'],
    ['the exchange', { fault: 'exchange-insufficient-scope' }, 'gateway_auth_failed'],
  ])('has a row for a request that %s refuses permanently', async (_name, fault, errorCode) => {
    host.sandbox.fault({ fault: 'revoke-tokens' });
    const chat = await asked(fault);
    expect(await rowsOf(chat.id)).toMatchObject([{ status: 'failed', errorCode, inputTokens: null }]);
    expect(await chat.usage()).toEqual({
      chatId: chat.id,
      ...nothing,
      attempts: 1,
      models: [{ ...nothing, model: SONNET, attempts: 1 }],
    });
  });

  it('has a row for a run that sends nothing', async () => {
    const chat = await chats.create();
    const params = { toolChoice: { tool: 'absent' } };
    await expect(chat.ask('Hello', { params })).rejects.toMatchObject({ code: 'validation_failed' });
    expect(await rowsOf(chat.id)).toMatchObject([{ status: 'failed', errorCode: 'validation_failed' }]);
  });

  it('has a row for a cancelled request, whose usage is unknown until the vendor has sent it', async () => {
    const cancelled = async (fault: FaultPlan, when: (stop: () => void) => OnChunk | undefined): Promise<Chat> => {
      const chat = await chats.create();
      host.sandbox.reset();
      host.sandbox.fault(fault);
      const cancel = new AbortController();
      const onChunk = when(() => {
        cancel.abort(new Error('enough'));
      });
      await expect(chat.ask('Hello', { signal: cancel.signal }, onChunk)).rejects.toThrow('enough');
      return chat;
    };
    const early = await cancelled({ fault: 'stream-late-first-byte', delayMs: 60_000 }, (stop) => {
      void until(() => host.sandbox.calls.requests['anthropic-messages'] === 1).then(stop);
      return undefined;
    });
    expect(await rowsOf(early.id)).toMatchObject([{ status: 'unknown', inputTokens: null, errorCode: null }]);
    expect(await early.usage()).toMatchObject({ attempts: 1, unknownAttempts: 1 });

    const late = await cancelled({ fault: 'stream-stall', afterChunks: 3 }, (stop) => stop);
    const [row] = await rowsOf(late.id);
    expect(row).toMatchObject({ status: 'unknown', inputTokens: expect.any(Number), messageId: expect.any(String) });
    expect(await late.usage()).toMatchObject({ attempts: 1, unknownAttempts: 1, inputTokens: row?.inputTokens });

    const waiting = await cancelled({ fault: 'gateway-rate-limit-retry-after', retryAfter: 59 }, (stop) => {
      // It says so when it begins to wait.
      Logger.overrideLogger({ log: () => undefined, error: () => undefined, warn: () => setImmediate(stop) });
      return undefined;
    });
    Logger.overrideLogger(false);
    expect(await rowsOf(waiting.id)).toMatchObject([{ number: 1, status: 'failed', errorCode: 'rate_limited' }]);
  });

  it('counts the requests of a killed instance as unknown', async () => {
    const killed = await startTestHost([Chat, Note], { database: shared });
    const chat = await killed.app.get<DuoChatService<Chat>>(getDuoChatToken(Chat)).create();
    killed.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    let asking: Promise<unknown> | undefined;
    await new Promise<void>((resolve) => {
      asking = chat
        .ask('Hello', () => {
          resolve();
        })
        .catch(() => undefined);
    });
    await new RunRows(database).orphan(chat.id);
    // Another instance continues the run.
    await until(async () => (await rowsOf(chat.id)).at(-1)?.status === 'succeeded');
    expect(await rowsOf(chat.id)).toMatchObject([
      { step: 1, number: 1, status: 'unknown' },
      { step: 1, number: 2, status: 'succeeded' },
    ]);
    expect(await chats.ref(chat.id).usage()).toMatchObject({ attempts: 2, unknownAttempts: 1 });
    await killed.close();
    await asking;
  });

  it('adds up by model and token type', async () => {
    const chat = await chats.create({ ownerId: 'ann' });
    expect(await chat.usage()).toEqual({ chatId: chat.id, ...nothing, models: [] });
    const thinking = { model: 'duo-chat-gpt-5-6-luna', params: { thinking: { effort: 'high' as const } } };
    const answers = [await chat.ask('One'), await chat.ask('Two', thinking), await chat.ask('Three')];
    const [one, two, three] = answers.map(({ usage = noUsage }) => usage) as [Usage, Usage, Usage];
    expect(two.reasoningTokens).toBeGreaterThan(0);
    expect(three.cacheReadTokens + three.cacheWriteTokens).toBeGreaterThan(0);

    const usage = await chats.ref(chat.id, { ownerId: 'ann' }).usage();
    expect(usage).toEqual({
      chatId: chat.id,
      attempts: 3,
      pendingAttempts: 0,
      unknownAttempts: 0,
      ...addUsage(addUsage(one, two), three),
      models: [
        { model: 'duo-chat-gpt-5-6-luna', attempts: 1, pendingAttempts: 0, unknownAttempts: 0, ...two },
        { model: SONNET, attempts: 2, pendingAttempts: 0, unknownAttempts: 0, ...addUsage(one, three) },
      ],
    });
    expect(await chat.usage()).toEqual(usage);
  });

  it('adds up in memory as in the database', async () => {
    // The prompt cache does not tell these models' requests apart.
    const inMemory = host.app.get(DuoService).chat({ model: 'duo-chat-gpt-5-1' });
    const persisted = await chats.create({ model: 'duo-chat-gpt-5-1' });
    for (const chat of [inMemory, persisted]) {
      await chat.ask('Hello');
      host.sandbox.fault({ fault: 'gateway-overloaded' });
      await chat.ask('And?', { model: 'duo-chat-gpt-5-2' });
      host.sandbox.fault({ fault: 'gateway-overloaded', times: 2 });
      await expect(chat.ask('Now?')).rejects.toThrow();
    }
    expect({ ...(await inMemory.usage()), chatId: persisted.id }).toEqual(await persisted.usage());
    expect(await inMemory.usage()).toMatchObject({ attempts: 5, unknownAttempts: 0 });
  });

  it('hides the usage of other owners', async () => {
    const chat = await chats.create({ ownerId: 'ann' });
    for (const owner of [{ ownerId: 'bob' }, {}]) {
      await expect(chats.ref(chat.id, owner).usage()).rejects.toMatchObject({ code: 'chat_not_found' });
    }
    await expect(chats.ref('x').usage()).rejects.toMatchObject({ code: 'chat_not_found' });
  });

  describe('of an owner', () => {
    it('adds up a period, including chats that were deleted since', async () => {
      const [kept, deleted, later] = [
        await chats.create({ ownerId: 'carl' }),
        await chats.create({ ownerId: 'carl' }),
        await chats.create({ ownerId: 'carl' }),
      ];
      const cost = async (chat: Chat): Promise<Usage> => (await chat.ask('Hello')).usage ?? noUsage;
      const costs = [await cost(kept), await cost(deleted), await cost(later)] as const;
      await (await chats.create({ ownerId: 'dora' })).ask('Mine');
      await (await notes.create({ ownerId: 'carl' })).ask('A note');
      const dated = async ({ id }: Chat, day: string): Promise<void> => {
        await database.query('UPDATE duo_attempts SET created_at = $2 WHERE chat_id = $1', [id, day]);
      };
      await dated(kept, '2026-01-01T00:00:00Z');
      await dated(deleted, '2026-01-31T23:59:59Z');
      await dated(later, '2026-02-01T00:00:00Z');
      await chats.delete(deleted.id, { ownerId: 'carl' });
      await expect(chats.ref(deleted.id, { ownerId: 'carl' }).usage()).rejects.toMatchObject({
        code: 'chat_not_found',
      });

      const january = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-02-01T00:00:00Z') };
      const spent = { attempts: 2, pendingAttempts: 0, unknownAttempts: 0, ...addUsage(costs[0], costs[1]) };
      expect(await chats.usageOf({ ownerId: 'carl', ...january })).toEqual({
        ...spent,
        models: [{ model: SONNET, ...spent }],
      });
      expect(await chats.usageOf({ ownerId: 'carl' })).toMatchObject({ attempts: 3 });
      expect(await chats.usageOf({ ownerId: 'carl', from: january.to })).toMatchObject({ attempts: 1, ...costs[2] });
      expect(await notes.usageOf({ ownerId: 'carl' })).toMatchObject({ attempts: 1 });
      expect(await chats.usageOf({ ownerId: 'nobody' })).toEqual({ ...nothing, models: [] });
      await expect(chats.usageOf({ from: new Date('soon') })).rejects.toMatchObject({ code: 'validation_failed' });
    });

    it('counts chats without an owner apart', async () => {
      const before = await notes.usageOf({});
      await (await notes.create()).ask('Hello');
      expect((await notes.usageOf({})).attempts).toBe(before.attempts + 1);
      expect((await notes.usageOf({ ownerId: null })).attempts).toBe(before.attempts + 1);
    });

    it('uses the indexes', async () => {
      await database.query(`
        INSERT INTO duo_attempts (id, run_id, step, number, chat_kind, chat_id, owner_id, provider, model, status, created_at)
        SELECT gen_random_uuid(), gen_random_uuid(), 1, 1, 'chats', md5((n % 500)::text)::uuid,
               CASE WHEN n % 100 > 0 THEN 'owner ' || n % 100 END, 'gitlab', 'm', 'succeeded', timestamptz '2020-01-01' + n * interval '1 hour'
          FROM generate_series(1, 20000) n`);
      await database.query('ANALYZE duo_attempts');
      const tables = kindTables(database, chatKind(Chat));
      const plan = async (text: string, values: unknown[]): Promise<string> => {
        const rows: { 'QUERY PLAN': string }[] = await database.query(`EXPLAIN ${text}`, values);
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      };
      const month = ['chats', '2021-01-01', '2021-02-01'];
      const owned = await plan(ownerUsageSql(tables), [...month, 'owner 7']);
      expect(owned).toMatch(
        /Index Cond: \(\(owner_id = 'owner 7'::text\) AND \(created_at >= .*\) AND \(created_at < /,
      );
      expect(await plan(ownerlessUsageSql(tables), month)).toMatch(
        /Index Cond: \(\(owner_id IS NULL\) AND \(created_at >= .*\) AND \(created_at < /,
      );
      const { id } = await chats.create();
      expect(await plan(chatUsageSql(tables), ['chats', id, null])).toMatch(
        /Index Cond: \(\(chat_kind = 'chats'::text\) AND \(chat_id = /,
      );
    });
  });
});

// Anthropic, "Streaming messages": the token counts of `message_delta` are cumulative, and its `output_tokens` the last
// word. OpenAI, "Streaming": `stream_options.include_usage` brings one more chunk; a response has its usage in the event
// that ends it, whichever that is.

/** The whole usage of `vendorWires`. */
const whole = { inputTokens: 8, cacheReadTokens: 4, outputTokens: 7 };

describe.each(Object.entries(vendorWires))('A request to %s', (api, wire: VendorWire) => {
  let upstream: Upstream;
  let host: TestHost;

  beforeAll(async () => {
    upstream = await startUpstream();
    host = await startTestHost([Chat], { gitlab: { instanceUrl: upstream.url, gatewayUrl: upstream.url } });
  });
  afterAll(async () => {
    await host.close();
    await upstream.close();
  });

  /** A chat in memory and one in the database. */
  const chats = async (): Promise<(Chat | MemoryChat)[]> => [
    host.app.get(DuoService).chat({ model: wire.model }),
    await host.app.get<DuoChatService<Chat>>(DuoChatService).create({ model: wire.model }),
  ];

  /** Both chats ask once; each tells its usage, and the one in the database shows its row. */
  async function asked(reply: Reply, signal?: () => AbortSignal, onChunk?: () => void) {
    const ends = [];
    for (const chat of await chats()) {
      upstream.onGateway(reply);
      await chat.ask('Hello', { signal: signal?.() }, onChunk).catch(() => undefined);
      const [row] = await host.database.getRepository(DuoAttempt).find({ where: { chatId: chat.id } });
      ends.push({ usage: await chat.usage(), row });
    }
    const [inMemory, persisted] = ends as [(typeof ends)[0], (typeof ends)[0]];
    expect({ ...inMemory.usage, chatId: '' }).toEqual({ ...persisted.usage, chatId: '' });
    return { usage: persisted.usage, row: persisted.row };
  }

  /** The start, some words, and whatever follows; the connection stays open. */
  const open =
    (...rest: string[]): Reply =>
    (response) => {
      beginSse(response);
      response.write([wire.start, wire.text('Hel'), ...rest].join(''));
    };

  it('that is cancelled before its usage arrived is unknown, with the usage so far', async () => {
    let cancel = new AbortController();
    const { row, usage } = await asked(
      open(),
      () => (cancel = new AbortController()).signal,
      () => {
        cancel.abort();
      },
    );
    expect(row).toMatchObject({ status: 'unknown', errorCode: null });
    expect(usage).toMatchObject({ attempts: 1, pendingAttempts: 0, unknownAttempts: 1 });
    // Claude alone says at the start what the input was.
    const known = api === 'Messages' ? { inputTokens: 8, cacheReadTokens: 4, outputTokens: 1 } : undefined;
    expect(row).toMatchObject(known ?? { inputTokens: null, cacheReadTokens: null, outputTokens: null });
    expect(usage).toMatchObject(known ?? { inputTokens: 0, outputTokens: 0 });
  });

  it('that is truncated before its usage arrived is unknown, with the code of its error', async () => {
    for (const reply of [sse(wire.start, wire.text('Hel')), reset]) {
      const { row, usage } = await asked(reply);
      expect(row).toMatchObject({ status: 'unknown', errorCode: 'upstream_error' });
      expect(usage).toMatchObject({ attempts: 1, unknownAttempts: 1 });
    }
  });

  it('that fails inside its stream has the usage that arrived', async () => {
    const { row, usage } = await asked(sse(wire.start, wire.text('Hel'), wire.failure));
    // Claude's error has no place for the usage, so that its last figure is missing.
    const isTold = api !== 'Messages';
    const told = isTold ? whole : { inputTokens: 8, cacheReadTokens: 4, outputTokens: 1 };
    expect(row).toMatchObject({ status: isTold ? 'failed' : 'unknown', errorCode: 'upstream_error', ...told });
    expect(usage).toMatchObject({ attempts: 1, unknownAttempts: isTold ? 0 : 1, ...told });
  });

  it('that an error ends without a usage is unknown, and has cost nothing if no answer had begun', async () => {
    const error = { type: 'error', code: 'server_error', message: 'm', error: { type: 'api_error', message: 'm' } };
    const frame = `data: ${JSON.stringify(error)}\n\n`;
    const begun = await asked(sse(wire.start, frame));
    expect(begun.row).toMatchObject({ status: 'unknown', errorCode: 'upstream_error' });
    expect(begun.usage).toMatchObject({ attempts: 1, unknownAttempts: 1 });
    const refused = await asked(sse(frame));
    expect(refused.row).toMatchObject({ status: 'failed', errorCode: 'upstream_error' });
    expect(refused.usage).toMatchObject({ attempts: 1, unknownAttempts: 0 });
  });

  it.each([
    [402, { error: 'insufficient_credits', error_code: 'USAGE_QUOTA_EXCEEDED' }, 'insufficient_credits'],
    [429, { error: { type: 'rate_limit_error', message: 'slow' } }, 'rate_limited'],
  ])('that is refused with %i has no usage, and is not unknown', async (status, body, errorCode) => {
    const { row, usage } = await asked(json(status, body));
    expect(row).toMatchObject({ status: 'failed', errorCode });
    expect(usage).toMatchObject({ attempts: 1, pendingAttempts: 0, unknownAttempts: 0, inputTokens: 0 });
  });

  it('that timed out in the gateway is unknown', async () => {
    const { usage } = await asked(json(504, { detail: 'Gateway Timeout' }));
    expect(usage).toMatchObject({ attempts: 1, unknownAttempts: 1 });
  });

  it('that is cancelled while it waits for a new token has no usage', async () => {
    for (const chat of await chats()) {
      upstream.onGateway(json(401, { error: 'Forbidden by auth provider' }));
      upstream.onExchange(silence);
      const cancel = new AbortController();
      const isWaiting = upstream.arrival('exchange');
      const asking = chat.ask('Hello', { signal: cancel.signal }).catch(() => undefined);
      await isWaiting;
      cancel.abort();
      await asking;
      upstream.onExchange(grant());
      expect(await chat.usage()).toMatchObject({ attempts: 1, pendingAttempts: 0, unknownAttempts: 0 });
    }
  });

  it('in progress is pending, neither unknown nor failed', async () => {
    for (const chat of await chats()) {
      const before = upstream.requests.length;
      const cancel = new AbortController();
      upstream.onGateway(open());
      const asking = chat.ask('Hello', { signal: cancel.signal }).catch(() => undefined);
      await until(() => upstream.requests.length > before);
      expect(await chat.usage()).toMatchObject({ attempts: 1, pendingAttempts: 1, unknownAttempts: 0 });
      cancel.abort();
      await asking;
      expect(await chat.usage()).toMatchObject({ attempts: 1, pendingAttempts: 0, unknownAttempts: 1 });
    }
  });

  it('that was answered has its usage, once', async () => {
    const { row, usage } = await asked(sse(wire.start, wire.text('Hello'), wire.lastUsage, wire.end));
    expect(row).toMatchObject({ status: 'succeeded', ...whole });
    expect(usage).toMatchObject({ attempts: 1, unknownAttempts: 0, ...whole });
  });

  if (wire.lastUsage !== '') {
    it('that is truncated after its last usage has that usage', async () => {
      const cut = await asked(sse(wire.start, wire.text('Hel'), wire.lastUsage));
      expect(cut.row).toMatchObject({ status: 'failed', errorCode: 'upstream_error', ...whole });
      expect(cut.usage).toMatchObject({ unknownAttempts: 0, ...whole });
    });
  }
});
