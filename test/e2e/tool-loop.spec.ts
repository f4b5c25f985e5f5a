import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import {
  type AnswerRecord,
  Chat,
  DuoChatService,
  DuoService,
  type DuoTool,
  Tool,
  type ToolUse,
} from '../../src/index.js';
import { type JsonObject } from '../../src/messages/json.interface.js';
import { createDuoTestingModule, DuoScript, type ScriptedReply } from '../../src/testing/index.js';
import { eventsOf } from './support/events-of.js';
import { testTool } from './support/test-tool.js';
import { until } from './support/until.js';
import { useTestHost } from './support/use-test-host.js';

const MODELS = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'];

interface TalkingChat {
  chat: BaseChat<{ text: string; status: string }>;
  messages: () => Promise<Pick<AnswerRecord, 'role' | 'parts' | 'status' | 'seq' | 'finishReason'>[]>;
}

const called: { name: string; input: unknown; toolCallId: string }[] = [];
const signals = new Set<AbortSignal>();
const log = (name: string) => (input: unknown, context: { toolCallId: string; signal: AbortSignal }) => {
  signals.add(context.signal);
  called.push({ name, input, toolCallId: context.toolCallId });
  return { name, input };
};
const zoned = { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] };
const tools = [
  testTool('weather', log('weather')),
  testTool('clock', log('clock'), { parameters: zoned }),
  testTool('broken', () => {
    throw new Error('It is broken.');
  }),
  testTool('hanging', async (_input, { signal, emit }) => {
    emit({ percent: 1 });
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
    called.push({ name: 'aborted', input: null, toolCallId: '' });
    return new Promise(() => undefined);
  }),
];

describe('Tools', () => {
  const host = useTestHost([Chat], { gitlab: { maxSteps: 3 }, tools });

  beforeEach(() => {
    host.sandbox.reset();
    called.length = 0;
    signals.clear();
  });

  const places: Record<string, (model: string) => Promise<TalkingChat>> = {
    'in memory': (model) => {
      const chat = host.duo.chat({ model });
      return Promise.resolve({ chat, messages: () => Promise.resolve([...chat.messages]) });
    },
    'in the database': async (model) => {
      const chat = await host.chats.create({ model });
      return { chat, messages: async () => (await host.chats.messages(chat.id)).items };
    },
  };

  const cases = Object.keys(places).flatMap((place) => MODELS.map((model) => ({ place, model })));

  describe.each(cases)('A chat with tools $place, of $model', ({ place, model }) => {
    let talk: TalkingChat;

    beforeEach(async () => {
      talk = await (places[place] as (model: string) => Promise<TalkingChat>)(model);
      talk.chat.withTools(...tools);
    });

    const results = async () =>
      (await talk.messages())
        .flatMap(({ role, parts }) => (role === 'tool' ? parts : []))
        .map((part) => part as object);

    it('runs the tool that the model calls, and answers with its result', async () => {
      const answer = await talk.chat.ask('call weather {"city":"Rome"}');
      expect(answer.text).toContain('The tools said: "{"name":"weather","input":{"city":"Rome"}}"');
      const messages = await talk.messages();
      expect(messages.map(({ role, seq, status }) => [seq, role, status])).toEqual([
        [0, 'user', 'complete'],
        [1, 'assistant', 'complete'],
        [2, 'tool', 'complete'],
        [3, 'assistant', 'complete'],
      ]);
      expect(messages[1]).toMatchObject({ finishReason: 'tool-calls' });
      expect(called).toEqual([{ name: 'weather', input: { city: 'Rome' }, toolCallId: expect.any(String) }]);
      expect(await talk.chat.isComplete()).toBe(true);
    });

    it('emits events for everything, in order', async () => {
      const events = await eventsOf(talk.chat.stream('call weather {"city":"Rome"}'));
      const types = events.map(({ type }) => type).filter((type) => !type.endsWith('-delta'));
      expect(types).toEqual([
        'run-start',
        'message-start',
        'tool-call',
        'message-end',
        'tool-result',
        'message-start',
        'message-end',
        'run-end',
      ]);
      const call = events.find((event) => event.type === 'tool-call');
      const result = events.find((event) => event.type === 'tool-result');
      expect(result).toMatchObject({
        toolCallId: call?.toolCallId,
        providerCallId: call?.providerCallId,
        name: 'weather',
        isError: false,
      });
      expect(called).toEqual([{ name: 'weather', input: { city: 'Rome' }, toolCallId: call?.toolCallId }]);
      const usages = events.flatMap((event) => (event.type === 'message-end' ? [event.usage.outputTokens] : []));
      const end = events.at(-1) as { usage: { outputTokens: number } };
      expect(end.usage.outputTokens).toBe(usages.reduce((sum, tokens) => sum + tokens, 0));
    });

    it('runs parallel calls, and continues once all have a result', async () => {
      const answer = await talk.chat.ask('call weather {"city":"Rome"}\ncall clock {"zone":"CET"}');
      expect(answer.text).toMatch(/The tools said: .*weather.*clock/);
      expect(await results()).toHaveLength(2);
    });

    it('reports an unknown tool, malformed input and a failing tool to the model', async () => {
      const lines = ['call nothing {}', 'call clock {"zone":7}', 'call broken {}'];
      await talk.chat.ask(lines.join('\n'));
      expect(await results()).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            name: 'nothing',
            isError: true,
            content: 'There is no tool "nothing". Use one of these: weather, clock, broken, hanging.',
          }),
          expect.objectContaining({
            name: 'clock',
            isError: true,
            content: 'The input of the tool "clock" is wrong: zone: must be string',
          }),
          expect.objectContaining({ name: 'broken', isError: true, content: 'It is broken.' }),
        ]),
      );
      expect(called).toEqual([]);
    });

    it('runs 20 parallel calls, each with its own result and signal', async () => {
      const lines = Array.from({ length: 20 }, (_none, index) => `call weather {"city":"City ${index}"}`);
      await talk.chat.ask(lines.join('\n'));
      const messages = await talk.messages();
      const calls = messages[1]?.parts.filter((part) => part.type === 'tool-call') ?? [];
      const answered = new Map(
        messages.flatMap(({ parts }) =>
          parts.flatMap((part) => (part.type === 'tool-result' ? [[part.id, part]] : [])),
        ),
      );
      expect(answered.size).toBe(20);
      expect(signals.size).toBe(20);
      for (const call of calls) expect(answered.get(call.id)).toMatchObject({ content: { input: call.arguments } });
      expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_message, seq) => seq));
    });

    it('leaves a valid transcript when it is cancelled while a tool hangs', async () => {
      const controller = new AbortController();
      const following = eventsOf(
        talk.chat.stream('call hanging {}\ncall weather {"city":"Rome"}', { signal: controller.signal }),
      );
      await until(async () => (await results()).length === 1);
      controller.abort();
      const events = await following;
      expect(called.map(({ name }) => name)).toContain('aborted');
      expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'cancelled' });
      expect(events).toContainEqual({
        type: 'tool-progress',
        toolCallId: expect.any(String),
        providerCallId: expect.any(String),
        data: { percent: 1 },
      });
      expect(await results()).toContainEqual(
        expect.objectContaining({ name: 'hanging', isError: true, content: expect.stringContaining('cancelled') }),
      );
      expect((await talk.chat.ask('And now?')).text).toContain('Turn 2');
    });
  });
});

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
