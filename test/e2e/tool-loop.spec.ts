import { beforeEach, describe, expect, it } from '@jest/globals';
import { Chat, type AnswerRecord } from '../../src/index.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { testTool } from './support/test-tool.js';
import { until } from './support/until.js';
import { eventsOf } from './support/events-of.js';
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
    (await talk.messages()).flatMap(({ role, parts }) => (role === 'tool' ? parts : [])).map((part) => part as object);

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
      messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool-result' ? [[part.id, part]] : []))),
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
