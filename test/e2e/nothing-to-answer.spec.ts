import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AnswerRecord } from '../../src/index.js';
import { DuoAttempt } from '../../src/chats/entities/duo-attempt.entity.js';
import { DuoRun } from '../../src/chats/entities/duo-run.entity.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { testTool } from './support/test-tool.js';
import { HttpClient } from './support/http-client.js';
import { RunRows } from './support/run-rows.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

type Said = Pick<AnswerRecord, 'role' | 'status' | 'text'>;

interface TalkingChat {
  chat: BaseChat<Said>;
  messages: () => Promise<readonly Said[]>;
}

const weather = testTool('weather', () => 'Sunny');
const server = useTestServer({ tools: [weather] });
let http: HttpClient;

beforeAll(() => {
  http = new HttpClient(server.url);
});
beforeEach(() => {
  server.sandbox.reset();
});

const requests = () => Object.values(server.sandbox.calls.requests).reduce((sum, count) => sum + count, 0);

/** What the tables have of a chat. */
async function stored(chatId: string): Promise<unknown> {
  const chat = await server.database.query<object[]>('SELECT * FROM chats WHERE id = $1', [chatId]);
  const [messages, runs, attempts] = await Promise.all([
    server.database.query<object[]>('SELECT id, superseded_by FROM messages WHERE chat_id = $1 ORDER BY seq', [chatId]),
    server.database.getRepository(DuoRun).findBy({ chatId }),
    server.database.getRepository(DuoAttempt).findBy({ chatId }),
  ]);
  return { chat, messages, runs, attempts };
}

const places: Record<string, () => Promise<TalkingChat>> = {
  'in memory': () => {
    const chat = server.duo.chat();
    return Promise.resolve({ chat, messages: () => Promise.resolve(chat.messages) });
  },
  'in the database': async () => {
    const chat = await server.chats.create();
    return { chat, messages: async () => (await server.chats.messages(chat.id)).items };
  },
};

const histories: Record<string, (talk: TalkingChat) => Promise<unknown>> = {
  'is empty': () => Promise.resolve(),
  'has instructions alone': ({ chat }) => chat.addMessage({ role: 'system', content: 'Be brief.' }),
  'is answered': ({ chat }) => chat.ask('Hello'),
  'was answered by hand': async ({ chat }) => {
    await chat.addMessage({ role: 'user', content: 'Hello' });
    await chat.addMessage({ role: 'assistant', content: 'Hi!' });
  },
  'is answered after a round of tools': ({ chat }) => chat.withTools(weather).ask('call weather {}'),
};

describe.each(Object.keys(places))('A chat %s with nothing to answer', (place) => {
  let talk: TalkingChat;

  beforeEach(async () => {
    talk = await (places[place] as () => Promise<TalkingChat>)();
  });

  it.each(Object.keys(histories))(
    'refuses complete() and generate() once it %s, returns null of step(), and stores and records nothing',
    async (name) => {
      await (histories[name] as (talk: TalkingChat) => Promise<unknown>)(talk);
      const before = { usage: await talk.chat.usage(), messages: [...(await talk.messages())] };
      const [rows, sent] = [await stored(talk.chat.id), requests()];
      for (const verb of ['complete', 'generate'] as const) {
        await expect(talk.chat[verb]()).rejects.toMatchObject({
          code: 'validation_failed',
          message: expect.stringContaining('no message that waits for an answer'),
        });
      }
      expect(await talk.chat.step()).toBeNull();
      expect({ usage: await talk.chat.usage(), messages: await talk.messages() }).toEqual(before);
      expect(await stored(talk.chat.id)).toEqual(rows);
      expect(requests()).toBe(sent);
    },
  );

  it.each([...Object.keys(histories), 'waits for an answer'])(
    'returns no results of runTools() once it %s, and stores and records nothing',
    async (name) => {
      const question = { role: 'user', content: 'call weather {}' } as const;
      const prepare = histories[name] ?? (({ chat }: TalkingChat) => chat.addMessage(question));
      await prepare(talk);
      const before = { usage: await talk.chat.usage(), messages: [...(await talk.messages())] };
      const [rows, sent] = [await stored(talk.chat.id), requests()];
      expect(await talk.chat.withInstructions('Be brief.').runTools({ tools: [weather] })).toEqual([]);
      expect({ usage: await talk.chat.usage(), messages: await talk.messages() }).toEqual(before);
      expect(await stored(talk.chat.id)).toEqual(rows);
      expect(requests()).toBe(sent);
      await talk.chat.ask('Hello');
      expect((await talk.messages()).at(-3)).toMatchObject({ role: 'system', text: 'Be brief.' });
    },
  );

  it('keeps the settings of a refused completion for the next ask', async () => {
    await talk.chat.ask('Hello');
    await expect(talk.chat.withInstructions('Be brief.').complete()).rejects.toMatchObject({
      code: 'validation_failed',
    });
    expect((await talk.messages()).map(({ role }) => role)).toEqual(['user', 'assistant']);
    await talk.chat.ask('Again');
    expect((await talk.messages()).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'system',
      'user',
      'assistant',
    ]);
  });

  it('refuses generate() while calls have no result, and stores and records nothing', async () => {
    await talk.chat.withTools(weather).addMessage({ role: 'user', content: 'call weather {}' });
    await talk.chat.generate();
    const [usage, rows] = [await talk.chat.usage(), await stored(talk.chat.id)];
    await expect(talk.chat.generate()).rejects.toMatchObject({ code: 'validation_failed' });
    expect([await talk.chat.usage(), await stored(talk.chat.id)]).toEqual([usage, rows]);
    expect((await talk.chat.complete()).text).toContain('Sunny');
  });

  it('answers each message once, for any number of concurrent completions', async () => {
    for (let round = 1; round <= 3; round += 1) {
      await talk.chat.addMessage({ role: 'user', content: `Question ${round}` });
      const ended = await Promise.allSettled(Array.from({ length: 5 }, () => talk.chat.complete()));
      expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const end of ended) {
        if (end.status === 'fulfilled') continue;
        expect(end.reason).toMatchObject({ code: expect.stringMatching(/^(chat_busy|validation_failed)$/) });
      }
    }
    expect((await talk.messages()).map(({ role }) => role)).toEqual(Array(3).fill(['user', 'assistant']).flat());
    expect(await talk.chat.usage()).toMatchObject({ attempts: 3, unknownAttempts: 0 });
  });
});

describe('POST /chats/:id/completions with nothing to answer', () => {
  it.each(['application/json', 'text/event-stream'])('answers 400 for %s, and stores nothing', async (accept) => {
    const chatId = await http.createChat();
    for (const prepare of [() => Promise.resolve(), () => http.ask(chatId, 'Hello')]) {
      await prepare();
      const rows = await stored(chatId);
      const response = await http.send('POST', `/chats/${chatId}/completions`, undefined, { accept });
      expect([response.status, response.body]).toMatchObject([400, { code: 'validation_failed' }]);
      expect(response.get('content-type')).toContain('application/problem+json');
      expect(await stored(chatId)).toEqual(rows);
    }
  });
});

describe('A completion that races with another writer', () => {
  it('answers nothing and stores nothing if the other has answered while it waited for the chat', async () => {
    const chat = await server.chats.create();
    await chat.addMessage({ role: 'user', content: 'Hello' });
    const rows = new RunRows(server.database);
    const writer = server.database.createQueryRunner();
    const completed = await (async () => {
      try {
        await writer.startTransaction();
        await writer.query('UPDATE chats SET next_seq = next_seq + 1 WHERE id = $1', [chat.id]);
        await writer.query(
          `INSERT INTO messages (id, chat_id, seq, role, text, parts)
           VALUES (gen_random_uuid(), $1, 1, 'assistant', 'Hi!', '[{"type":"text","text":"Hi!"}]')`,
          [chat.id],
        );
        const completing = chat.complete().catch((error: unknown) => error);
        await until(() => rows.isSomebodyWaiting());
        await writer.commitTransaction();
        return await completing;
      } finally {
        await writer.release();
      }
    })();
    expect(await completed).toMatchObject({ code: 'validation_failed' });
    expect(await stored(chat.id)).toMatchObject({ messages: [{}, {}], runs: [], attempts: [] });
  });
});
