import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DeleteDateColumn, Entity } from 'typeorm';
import { mergeParamsSql } from '../../src/chats/store/begin-sql.js';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import {
  ActsAsChat,
  ActsAsMessage,
  Chat,
  ChatNotFoundError,
  DuoChatService,
  DuoService,
  GitlabDuoModule,
  type GitlabDuoModuleOptions,
  type MemoryChat,
  type MessageRecord,
  type ParamChanges,
} from '../../src/index.js';
import { mergeParams } from '../../src/messages/merge-params.js';
import { type SandboxApi } from '../../src/sandbox/index.js';
import { randomChanges } from '../unit/messages/random-params.js';
import { RunRows } from './support/run-rows.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { testTool } from './support/test-tool.js';
import { useTestHost } from './support/use-test-host.js';

describe('Parameters of a chat', () => {
  const host = useTestHost([Chat]);
  let chats: DuoChatService<Chat>;

  beforeAll(() => {
    chats = host.app.get(DuoChatService);
  });

  /** The text of the row: its order of keys counts for prompt caches. */
  async function row(chatId: string): Promise<string> {
    const [found]: { params: string }[] = await host.database.query(
      'SELECT params::text AS params FROM chats WHERE id = $1',
      [chatId],
    );
    return JSON.stringify(JSON.parse(found?.params ?? ''));
  }

  /** What the model was asked with last. */
  const asked = (): unknown => host.sandbox.calls.lastRequests['anthropic-messages']?.body;

  it('are merged by the database as by the entity', async () => {
    const merges = Array.from({ length: 400 }, (_, seed) => [randomChanges(seed), randomChanges(seed + 1_000)]);
    const rows: { merged: string }[] = await host.database.query(
      `SELECT ${mergeParamsSql('(pair->0)', '(pair->1)')}::text AS merged
         FROM json_array_elements($1::json) WITH ORDINALITY AS pairs (pair, place) ORDER BY place`,
      [JSON.stringify(merges)],
    );
    expect(rows.map(({ merged }) => JSON.stringify(JSON.parse(merged)))).toEqual(
      merges.map(([before = {}, changes]) => JSON.stringify(mergeParams(before, changes))),
    );
  });

  it('use the last of duplicate keys, as JavaScript does', async () => {
    const [before, changes] = ['{"a": 1, "b": 2, "a": null}', '{"c": 1, "b": {"x": null}, "c": [null]}'];
    const [found]: { merged: string }[] = await host.database.query(
      `SELECT ${mergeParamsSql('$1::json', '$2::json')}::text AS merged`,
      [before, changes],
    );
    const merged = mergeParams(JSON.parse(before) as ParamChanges, JSON.parse(changes) as ParamChanges);
    expect(JSON.stringify(JSON.parse(found?.merged ?? ''))).toBe(JSON.stringify(merged));
  });

  it('keep nulls, arrays and the order of keys within values, in the row as on the entity', async () => {
    const chat = await chats.create({ params: { zone: { z: null, a: [null, 2] }, temperature: 0.5 } });
    chat.withParams({ filter: { z: 1, a: null }, temperature: null });
    // The vendor refuses what it does not know; what the chat keeps is stored by then.
    await expect(chat.ask('Hello')).rejects.toMatchObject({ code: 'upstream_error' });
    const expected = '{"zone":{"z":null,"a":[null,2]},"filter":{"z":1,"a":null}}';
    expect([await row(chat.id), JSON.stringify(chat.params)]).toEqual([expected, expected]);
  });

  it('are read from the row for an entity that was loaded before another change', async () => {
    const { id } = await chats.create({ params: { topP: 0.5 } });
    const [first, second] = [await chats.find(id), await chats.find(id)];
    await first.withParams({ temperature: 0.5 }).ask('Hello');
    await second.withParams({ service_tier: 'auto' }).ask('And now?');
    expect(JSON.stringify(second.params)).toBe('{"topP":0.5,"temperature":0.5,"service_tier":"auto"}');
    expect(await row(id)).toBe(JSON.stringify(second.params));
  });

  it('never contain null at the top level', async () => {
    const chat = await chats.create({ params: { temperature: null, metadata: null } });
    expect([await row(chat.id), chat.params]).toEqual(['{}', {}]);
    const changed = await chats.update(chat.id, { params: { topP: null, metadata: { user_id: null } } });
    expect([await row(chat.id), changed.params]).toEqual(['{"metadata":{"user_id":null}}', changed.params]);
    const made = await chats.update(chat.id, { params: (before) => ({ ...before, metadata: null, topP: 0.5 }) });
    expect([await row(chat.id), made.params]).toEqual(['{"topP":0.5}', { topP: 0.5 }]);
  });

  it.each(['persisted', 'in memory'])('are unset for one ask by a null in its options: %s', async (where) => {
    const params = { temperature: 0.5, maxOutputTokens: 1_000 };
    const model = 'duo-chat-haiku-4-5';
    const chat =
      where === 'persisted' ? await chats.create({ model, params }) : host.app.get(DuoService).chat({ model, params });
    await chat.ask('Hello', { params: { temperature: null } });
    expect(asked()).toMatchObject({ max_tokens: 1_000 });
    expect(asked()).not.toHaveProperty('temperature');
    await chat.ask('And now?');
    expect(asked()).toMatchObject({ max_tokens: 1_000, temperature: 0.5 });
  });
});

const SECRET = 'a secret of the host';
const OWNER = 'ann@example.com';
const hashed = createHmac('sha256', SECRET).update(OWNER).digest('hex');

const APIS: [api: SandboxApi, model: string][] = [
  ['anthropic-messages', 'duo-chat-sonnet-4-6'],
  ['openai-chat', 'duo-chat-gpt-5-1'],
  ['openai-responses', 'duo-chat-gpt-5-6-sol'],
];

type Body = Record<string, unknown>;

// Anthropic, Messages API: `metadata.user_id` is an opaque identifier, without names or addresses. OpenAI: `safety_identifier`
// of 64 characters at most, and `prompt_cache_key`.
describe.each(APIS)('A request to %s', (api, model) => {
  const isClaude = api === 'anthropic-messages';
  let host: TestHost;
  let silent: TestHost;

  beforeAll(async () => {
    host = await startTestHost([Chat], { gitlab: { promptCacheKey: true, endUserId: { secret: SECRET } } });
    silent = await startTestHost([Chat]);
  });
  afterAll(async () => {
    await host.close();
    await silent.close();
  });

  const chatsOf = async ({ app }: TestHost, ownerId: string | null, params = {}) => [
    app.get(DuoService).chat({ model, ownerId, params }),
    await app.get<DuoChatService<Chat>>(DuoChatService).create({ model, ownerId, params }),
  ];

  /** What each ask of some chats sends. */
  async function sent(
    { sandbox }: TestHost,
    chats: readonly (MemoryChat | Chat)[],
    ...asks: string[]
  ): Promise<Body[]> {
    const bodies: Body[] = [];
    for (const chat of chats) {
      for (const ask of asks) {
        await chat.ask(ask);
        bodies.push(sandbox.calls.lastRequests[api]?.body as Body);
      }
    }
    return bodies;
  }

  it('contains the owner only as a keyed hash', async () => {
    const bodies = await sent(host, await chatsOf(host, OWNER), 'Hello');
    expect(bodies).toHaveLength(2);
    for (const body of bodies) {
      expect(body).toMatchObject(isClaude ? { metadata: { user_id: hashed } } : { safety_identifier: hashed });
      expect(JSON.stringify(body)).not.toContain(OWNER);
    }
  });

  it('contains one cache key for each chat, which does not reveal its id', async () => {
    const chats = await chatsOf(host, OWNER);
    const bodies = await sent(host, chats, 'Hello', 'And?');
    const keys = bodies.map(({ prompt_cache_key: key }) => key);
    if (isClaude) expect(keys).toEqual([undefined, undefined, undefined, undefined]);
    else {
      expect(keys).toEqual([keys[0], keys[0], keys[2], keys[2]]);
      expect(new Set(keys).size).toBe(2);
      for (const key of keys) expect(key).toMatch(/^[\da-f]{64}$/);
    }
    for (const { id } of chats) expect(JSON.stringify(bodies)).not.toContain(id);
  });

  it('contains nothing of a chat without an owner, or if the option is off', async () => {
    const ownerless = await sent(host, await chatsOf(host, null), 'Hello');
    const unasked = await sent(silent, await chatsOf(silent, OWNER), 'Hello');
    for (const body of [...ownerless, ...unasked]) {
      expect(body).not.toHaveProperty('metadata');
      expect(body).not.toHaveProperty('safety_identifier');
    }
    for (const body of unasked) expect(body).not.toHaveProperty('prompt_cache_key');
  });

  it("keeps the host's own values", async () => {
    const own = isClaude
      ? { metadata: { user_id: 'mine' } }
      : { safety_identifier: 'mine', prompt_cache_key: 'ours', metadata: { user_id: 'mine' } };
    for (const body of await sent(host, await chatsOf(host, OWNER, own), 'Hello')) expect(body).toMatchObject(own);
  });
});

describe('The options of forRoot', () => {
  it.each([{ promptCacheKey: 'yes' }, { endUserId: {} }, { endUserId: { secret: ' ' } }, { endUserId: null }])(
    'refuse %j at startup',
    (options) => {
      const given = { apiKey: 'any', ...options } as unknown as GitlabDuoModuleOptions;
      expect(() => resolveOptions(given)).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
    },
  );
});

@Entity('case_messages')
class CaseMessage extends ActsAsMessage<Case>({ chat: () => Case }) {}

@Entity('cases')
class Case extends ActsAsChat<CaseMessage>({ messages: () => CaseMessage, kind: 'case' }) {
  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

describe('DuoChatService', () => {
  const host = useTestHost([Case]);
  let chats: DuoChatService<Case>;

  beforeAll(() => {
    chats = host.app.get(DuoChatService);
  });

  it('updates only mutable fields of a chat, whatever a host passes', async () => {
    const anns = await chats.create({ ownerId: 'ann' });
    const bobs = await chats.create({ ownerId: 'bob', title: 'Private' });
    const stray = { id: bobs.id, ownerId: 'bob', agent: 'x', createdAt: new Date(0), nextSeq: 7, tools: ['x'] };
    const changed = await chats.update(anns.id, { title: 'Mine', ...stray }, { ownerId: 'ann' });
    const { createdAt } = anns;
    expect(changed).toMatchObject({ id: anns.id, ownerId: 'ann', title: 'Mine', agent: null, tools: null, createdAt });
    expect(await chats.find(bobs.id, { ownerId: 'bob' })).toMatchObject({ title: 'Private' });
    expect((await chats.list({ ownerId: 'ann' })).items.map(({ id }) => id)).toEqual([anns.id]);
  });

  it.each<[string, (id: string) => unknown]>([
    ['title', () => chats.create({ title: 5 as never })],
    ['model', () => chats.create({ model: 5 as never })],
    ['instructions', () => chats.create({ instructions: {} as never })],
    ['params', () => chats.create({ params: [] as never })],
    ['metadata', () => chats.create({ metadata: 'x' as never })],
    ['ownerId', () => chats.create({ ownerId: 'a\0b' })],
    ['settings', (id) => chats.update(id, null as never)],
    ['title', (id) => chats.update(id, { title: [] as never })],
    ['ownerId', (id) => chats.find(id, { ownerId: 'a\0b' })],
    ['ownerId', (id) => chats.ref(id, { ownerId: 7 as never }).ask('Hello')],
    ['ownerId', () => chats.usageOf({ ownerId: 'a\0b' })],
    ['dates', () => chats.usageOf({ from: '2026-01-01' as never })],
    ['after', (id) => chats.messages(id, { after: 1.5 })],
    ['after', (id) => chats.messages(id, { after: 2 ** 31 })],
    ['role', (id) => chats.ref(id).addMessage({ role: 'tool' as never, content: 'x' })],
    ['role', (id) => chats.ref(id).addMessage({ role: '__proto__' as never, content: 'x' })],
  ])('explains that %s is wrong', async (name, call) => {
    const { id } = await chats.create();
    await expect(call(id)).rejects.toMatchObject({ code: 'validation_failed', message: expect.stringContaining(name) });
    expect((await chats.messages(id)).items).toEqual([]);
  });

  it('does not find a soft-deleted chat', async () => {
    const { id } = await chats.create();
    await chats.ref(id).ask('Hello');
    await host.database.getRepository(Case).softDelete(id);
    const calls: (() => Promise<unknown>)[] = [
      () => chats.find(id),
      () => chats.messages(id),
      () => chats.update(id, { title: 'Back' }),
      () => chats.ref(id).ask('Again'),
      () => chats.ref(id).addMessage({ role: 'user', content: 'Again' }),
      () => chats.ref(id).complete(),
      () => chats.ref(id).isComplete(),
      () => chats.ref(id).pendingApprovals(),
      () => chats.ref(id).approve(id),
      () => chats.ref(id).usage(),
      () => chats.delete(id),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(ChatNotFoundError);
    await host.database.getRepository(Case).restore(id);
    expect((await chats.messages(id)).items).toHaveLength(2);
    await chats.ref(id).ask('Again');
  });
});

it('Chat kinds that are not initialised yet are distinguished from unknown ones', () => {
  expect(() => GitlabDuoModule.forFeature([undefined as never])).toThrow('imported in a circle');
});

type Said = Pick<MessageRecord, 'parts'>;

interface TalkingChat {
  chat: BaseChat<Said>;
  messages: () => Promise<readonly Said[]>;
}

const ASK = 'Look it up.\ncall weather {"city":"Rome"}';
const settings = { model: 'duo-chat-gpt-5-6-sol', params: { thinking: { effort: 'low' as const } } };

const weather = testTool('weather', () => 'Sunny');

describe('Phases', () => {
  const host = useTestHost([Chat], { tools: [weather] });

  beforeEach(() => {
    host.sandbox.reset();
  });

  const places: Record<string, () => Promise<TalkingChat>> = {
    'in memory': () => {
      const chat = host.duo.chat(settings);
      return Promise.resolve({ chat, messages: () => Promise.resolve(chat.messages) });
    },
    'in the database': async () => {
      const { id } = await host.chats.create(settings);
      const reloaded = await host.chats.find(id);
      return { chat: reloaded, messages: async () => (await host.chats.messages(id)).items };
    },
  };

  /** The phases of the assistant's messages in the last request. */
  function sentPhases(): unknown[] {
    const { body } = host.sandbox.calls.lastRequests['openai-responses'] ?? {};
    const { input } = body as { input: { role?: string; phase?: string }[] };
    return input.filter(({ role }) => role === 'assistant').map(({ phase }) => phase);
  }

  // OpenAI's API reference, `phase` of an output message: "For models like gpt-5.3-codex and beyond, when sending follow-up
  // requests, preserve and resend phase on all assistant messages". The sandbox refuses a message without it.
  describe.each(Object.entries(places))('The phases of messages in a chat %s', (place, open) => {
    it('are replayed, in the steps of a run and with the next ask', async () => {
      const { chat, messages } = await open();
      chat.withTools(weather);
      for (const count of [1, 2]) {
        await chat.ask(ASK);
        const said = (await messages()).flatMap(({ parts }) => parts.filter((part) => part.type === 'text'));
        expect(said.map(({ phase }) => phase)).toEqual(
          Array.from({ length: count }, () => [undefined, 'commentary', 'final_answer']).flat(),
        );
      }
      expect(sentPhases()).toEqual(['commentary', 'final_answer', 'commentary']);
      expect(host.sandbox.calls.requests['openai-responses']).toBe(4);
      if (place === 'in the database') {
        expect(await new RunRows(host.database).attempts(chat.id)).toEqual(Array(4).fill('succeeded'));
      }
    });

    it('exist only for models that have them', async () => {
      const { chat, messages } = await open();
      await chat.withModel('duo-chat-gpt-5-2-codex').ask('One');
      await chat.withModel('duo-chat-gpt-5-6-sol').ask('Two');
      await chat.ask('Three');
      expect(sentPhases()).toEqual([undefined, 'final_answer']);
      expect((await messages())[1]?.parts.at(-1)).not.toHaveProperty('phase');
    });
  });
});
