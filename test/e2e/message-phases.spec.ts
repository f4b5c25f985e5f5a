import { beforeEach, describe, expect, it } from '@jest/globals';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { Chat, type MessageRecord } from '../../src/index.js';
import { testTool } from './support/test-tool.js';
import { RunRows } from './support/run-rows.js';
import { useTestHost } from './support/use-test-host.js';

type Said = Pick<MessageRecord, 'parts'>;

interface TalkingChat {
  chat: BaseChat<Said>;
  messages: () => Promise<readonly Said[]>;
}

const ASK = 'Look it up.\ncall weather {"city":"Rome"}';
const settings = { model: 'duo-chat-gpt-5-6-sol', params: { thinking: { effort: 'low' as const } } };

const weather = testTool('weather', () => 'Sunny');
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
