import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Chat, DuoChatService, DuoService, type DuoTool, Tool, type ToolUse } from '../../src/index.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { type JsonObject } from '../../src/messages/json.interface.js';
import { type ScriptedReply } from '../../src/testing/index.js';
import { createDuoTestingModule, DuoScript } from '../../src/testing/index.js';
import { Test, type TestingModule } from '@nestjs/testing';
import { useTestHost } from './support/use-test-host.js';

const parameters = { type: 'object' as const, properties: {} };

@Tool({ description: 'The weather', parameters })
class Weather implements DuoTool {
  execute(): string {
    return 'Sunny';
  }
}

@Tool({ description: 'The time', parameters })
class Clock implements DuoTool {
  execute(): string {
    return 'Noon';
  }
}

@Module({ providers: [Weather, Clock] })
class ToolsModule {}

const OPUS = 'duo-chat-opus-5-5';
const CALL = { toolCalls: [{ name: 'weather' }] };
const uses: [ToolUse['choice'], string][] = [
  ['required', 'Call at least one of these tools now, before you say anything else: "weather", "clock".'],
  [{ tool: 'weather' }, 'Call the tool "weather" now, before you say anything else.'],
];

/** "What's new in Claude Fable 5.1": tool_choice `any` and `tool` are a 400 of these models. */
describe('A run with a forced tool on a model that cannot be forced', () => {
  const host = useTestHost([Chat], { imports: [ToolsModule] });

  beforeEach(() => {
    host.sandbox.reset();
  });

  const chats = (): [string, (model: string) => Promise<BaseChat<{ text: string }>>][] => [
    ['in memory', (model) => Promise.resolve(host.app.get(DuoService).chat({ model }))],
    ['in the database', (model) => host.app.get<DuoChatService<Chat>>(DuoChatService).create({ model })],
  ];

  it.each(['duo-chat-opus-5-5', 'duo-chat-sonnet-5-5', 'duo-chat-fable-5-1'])(
    'lets %s call the tool, and keeps the thinking before the call',
    async (model) => {
      for (const [place, create] of chats()) {
        for (const [choice, words] of uses) {
          host.sandbox.reset();
          const chat = await create(model);
          const { text } = await chat.withTools(Weather, Clock, { choice }).ask('How is it?');
          expect({ place, text }).toMatchObject({ text: expect.stringContaining('The tools said: "Sunny".') });
          // Thinking whose prefix had changed would be refused, and the request sent once more without it.
          expect(host.sandbox.calls.requests['anthropic-messages']).toBe(2);
          const { messages, tools } = host.sandbox.calls.lastRequests['anthropic-messages']?.body as JsonObject;
          expect(messages).toMatchObject([
            { role: 'user', content: [{ text: 'How is it?' }, { text: words }] },
            {
              role: 'assistant',
              content: [{ type: 'thinking' }, { type: 'text' }, { type: 'tool_use', name: 'weather' }],
            },
            { role: 'user', content: [{ type: 'tool_result' }] },
          ]);
          expect(tools).toHaveLength(2);
        }
      }
    },
  );

  it('replays the request in words with its run, so that its thinking stays valid', async () => {
    for (const [place, create] of chats()) {
      host.sandbox.reset();
      const chat = await create(OPUS);
      chat.withTools(Weather, Clock, { choice: 'required' });
      for (const question of ['How is it?', 'And now?', 'And then?']) await chat.ask(question);
      const { requests, lastRequests } = host.sandbox.calls;
      expect({ place, requests: requests['anthropic-messages'] }).toEqual({ place, requests: 6 });
      const { messages } = lastRequests['anthropic-messages']?.body as JsonObject;
      const thoughts = (messages as { content: { type: string }[] }[])
        .flatMap(({ content }) => content)
        .filter(({ type }) => type === 'thinking');
      expect({ place, thoughts: thoughts.length }).toEqual({ place, thoughts: 5 });
    }
  });

  it('stores no answer after a failure', async () => {
    const service = host.app.get<DuoChatService<Chat>>(DuoChatService);
    const chat = await service.create({ model: OPUS });
    host.sandbox.fault({ fault: 'gateway-overloaded', times: 0 });
    chat.withTools(Weather, { choice: 'required' });
    await expect(chat.ask('How is it?')).rejects.toMatchObject({ code: 'upstream_overloaded' });
    expect((await service.messages(chat.id)).items.map(({ role }) => role)).toEqual(['user']);
  });
});

describe('A model that was asked for a tool call in words', () => {
  let module: TestingModule;

  beforeAll(async () => {
    module = await Test.createTestingModule({ imports: [createDuoTestingModule(), ToolsModule] }).compile();
    await module.init();
  });
  afterAll(() => module.close());

  const script = (...replies: ScriptedReply[]): DuoScript => {
    const given = module.get(DuoScript);
    given.reset();
    given.add(...replies);
    return given;
  };
  const chatWith = (model: string) => module.get(DuoService).chat({ model }).withTools(Weather, { choice: 'required' });
  const lastSaid = ({ requests }: DuoScript, index: number) => requests[index]?.messages.at(-1)?.parts;
  const words = 'Call the tool "weather" now, before you say anything else.';

  it('is asked once more if it answers without one, and a reset withdraws its answer', async () => {
    const asked = script('No need to look.', CALL, 'Sunny it is.');
    const chat = chatWith(OPUS);
    const events: string[] = [];
    for await (const event of chat.stream('How is it?')) events.push(event.type);
    expect(events.filter((type) => type === 'reset' || type === 'tool-call')).toEqual(['reset', 'tool-call']);
    expect(asked.requests).toHaveLength(3);
    expect(lastSaid(asked, 0)).toEqual([{ type: 'text', text: words }]);
    expect(lastSaid(asked, 1)).toEqual([
      { type: 'prompt', text: words },
      { type: 'text', text: 'No need to look.' },
      { type: 'prompt', text: `You have answered without a call. ${words}` },
    ]);
    expect(asked.requests.map(({ params }) => params?.toolChoice)).toEqual(['auto', undefined, undefined]);
    expect(chat.messages.at(-1)).toMatchObject({ text: 'Sunny it is.', status: 'complete' });
  });

  it('may answer without a call the second time', async () => {
    const asked = script('No need to look.', 'I will not look.');
    const answer = await chatWith(OPUS).ask('How is it?');
    expect(answer).toMatchObject({ text: 'I will not look.', status: 'complete' });
    expect(asked.requests).toHaveLength(2);
  });

  it('is not asked again after a refusal or a truncation', async () => {
    for (const finishReason of ['refusal', 'length'] as const) {
      const asked = script({ text: 'No', finishReason });
      expect(await chatWith(OPUS).ask('How is it?')).toMatchObject({ text: 'No' });
      expect(asked.requests).toHaveLength(1);
    }
  });

  it('is corrected for its schema as well', async () => {
    const schema = { type: 'object', properties: { sky: { type: 'string' } }, required: ['sky'] };
    const asked = script('No need.', CALL, 'blue', '{"sky":"blue"}');
    const answer = await chatWith(OPUS).ask('How is it?', { schema });
    expect(answer.parsed).toEqual({ sky: 'blue' });
    expect(asked.requests).toHaveLength(4);
  });

  it('gets no such request if it can be forced', async () => {
    const asked = script('No need to look.');
    expect(await chatWith('duo-chat-opus-5').ask('How is it?')).toMatchObject({ text: 'No need to look.' });
    expect(asked.requests).toHaveLength(1);
    expect(lastSaid(asked, 0)).toEqual([{ type: 'text', text: 'How is it?' }]);
  });
});
