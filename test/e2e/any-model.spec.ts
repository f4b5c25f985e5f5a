import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Chat, DuoChatService, type DuoTool, Message, Tool } from '../../src/index.js';
import { resultText } from '../../src/delegates/result-text.js';
import { type MessageStatus, type ModelMessage } from '../../src/messages/message.interface.js';
import { type ToolResultPart } from '../../src/messages/part.interface.js';
import { textOf } from '../../src/messages/text.js';
import { historyHash } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { addition } from '../unit/delegates/growing-chat.js';
import { casesOf, generator } from '../unit/random.js';
import { RunRows } from './support/run-rows.js';
import { startTestHost, type TestHost } from './support/test-module.js';

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
