import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Type } from '@nestjs/common';
import { type Pool } from 'pg';
import { Chat, Tool } from '../../src/index.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { type AnswerRecord } from '../../src/messages/message.interface.js';
import { type ModelParams } from '../../src/messages/model-request.interface.js';
import { type Api } from '../../src/messages/part.interface.js';
import { type DuoTool } from '../../src/tools/duo-tool.interface.js';
import { testTool } from './support/test-tool.js';
import { RunRows } from './support/run-rows.js';
import { isOfTheClock } from './support/statement-log.js';
import { until } from './support/until.js';
import { eventsOf } from './support/events-of.js';
import { useTestHost } from './support/use-test-host.js';

@Tool({ name: 'weather_forecast', description: 'The weather', parameters: { type: 'object' } })
class Forecast implements DuoTool {
  execute(): string {
    return 'Sunny';
  }
}

type Said = Pick<AnswerRecord, 'role' | 'parts' | 'text' | 'status'>;
type TalkingChat = BaseChat<{ text: string; finishReason: string | null; role: string }>;

const MAX_STEPS = 3;

let othersAreStored: () => Promise<boolean>;
let calls = 0;
let onCount = (): void => undefined;
const tools = [
  testTool('count', () => {
    onCount();
    return `Count ${++calls}`;
  }),
  testTool('pay', () => 'Paid', { requiresApproval: true }),
];
/** Comes to its result when that of another call is stored. */
const lastTool = testTool('last', async () => {
  await until(othersAreStored);
  return 'Last';
});
const host = useTestHost([Chat], { gitlab: { maxSteps: MAX_STEPS }, tools: [...tools, lastTool] });

beforeEach(() => {
  calls = 0;
  onCount = () => undefined;
  host.sandbox.reset();
});

/** A vendor's own parameter, which makes the model call its first tool in every step. */
const forced: Record<string, ModelParams> = {
  'duo-chat-sonnet-4-6': { tool_choice: { type: 'any' } },
  'duo-chat-gpt-5-2': { tool_choice: 'required' },
  'duo-chat-gpt-5-6-sol': { tool_choice: 'required' },
};
const apis: Record<string, Api> = {
  'duo-chat-sonnet-4-6': 'anthropic-messages',
  'duo-chat-gpt-5-2': 'openai-chat',
  'duo-chat-gpt-5-6-sol': 'openai-responses',
};
const places: Record<
  string,
  (model: string) => Promise<{ chat: TalkingChat; messages: () => Promise<readonly Said[]> }>
> = {
  'in memory': (model) => {
    const chat = host.duo.chat({ model });
    return Promise.resolve({ chat, messages: () => Promise.resolve(chat.messages) });
  },
  'in the database': async (model) => {
    const chat = await host.chats.create({ model });
    return { chat, messages: async () => (await host.chats.messages(chat.id)).items };
  },
};
const cases = Object.keys(places).flatMap((place) => Object.keys(forced).map((model) => ({ place, model })));

describe.each(cases)('A chat with tools $place, of $model', ({ place, model }) => {
  let chat: TalkingChat;
  let messages: () => Promise<readonly Said[]>;

  beforeEach(async () => {
    ({ chat, messages } = await (places[place] as (typeof places)[string])(model));
    chat.withTools(...tools);
  });

  const roles = async () => (await messages()).map(({ role }) => role);

  it('runs rounds of tools up to the limit, and keeps a transcript that can continue', async () => {
    await expect(chat.ask('Count', { params: forced[model] })).rejects.toMatchObject({ code: 'step_limit_reached' });
    expect(calls).toBe(MAX_STEPS);
    const rounds = Array.from({ length: MAX_STEPS }, () => ['assistant', 'tool']).flat();
    expect(await roles()).toEqual(['user', ...rounds]);
    expect(await chat.isComplete()).toBe(false);
    expect((await chat.complete()).text).toContain(`The tools said: "Count ${MAX_STEPS}"`);
    expect(await chat.usage()).toMatchObject({ attempts: MAX_STEPS + 1, unknownAttempts: 0 });
  });

  it('accepts another limit for one ask', async () => {
    const asking = chat.ask('Count', { params: forced[model], maxSteps: 1 });
    await expect(asking).rejects.toMatchObject({ code: 'step_limit_reached' });
    expect(calls).toBe(1);
    await expect(chat.ask('Count', { maxSteps: 0 })).rejects.toMatchObject({ code: 'validation_failed' });
  });

  it('forces a tool call only in its first step', async () => {
    chat.withTools(...tools, { choice: 'required', calls: 'one' });
    expect((await chat.ask('Count')).text).toContain('The tools said: "Count 1"');
    chat.withTools(...tools, { choice: { tool: 'count' } });
    expect((await chat.ask('Count')).text).toContain('The tools said: "Count 2"');
    chat.withTools(...tools, { choice: 'none' });
    expect((await chat.ask('call count {}')).text).toContain('You said: "call count {}"');
  });

  it('refuses the undefined of a circular import, and other values, as tools', async () => {
    const [count] = tools as [Type<DuoTool>];
    const missing = undefined as unknown as Type<DuoTool>;
    const circle = expect.objectContaining({
      code: 'invalid_configuration',
      message: expect.stringContaining('two files import each other'),
    });
    expect(() => chat.withTools(missing)).toThrow(circle);
    expect(() => chat.withTools(count, missing)).toThrow(circle);
    expect(() => chat.withTool(missing)).toThrow(circle);
    expect(() => chat.withTools(count, null as never)).toThrow('Tool 2 of the list is null');
    expect(() => chat.withTools([count] as never)).toThrow('Tool 1 of the list is of the type object');
    await expect(chat.ask('Hello', { tools: [missing] })).rejects.toEqual(circle);
    await expect(chat.ask('Hello', { tools: count as never })).rejects.toThrow('tools must be a list');
    await expect(chat.ask('Hello', { tools: null as never })).rejects.toThrow('tools must be a list');
    expect(await messages()).toEqual([]);
    expect((await chat.ask('call count {}')).text).toContain('The tools said: "Count 1"');
  });

  it('refuses to force a tool that is not offered', async () => {
    const choosing = (tool: string) => () => chat.withTools(Forecast, { choice: { tool } });
    expect(choosing('Forecast')).toThrow(expect.objectContaining({ code: 'validation_failed' }));
    expect(choosing('Forecast')).toThrow('"Forecast", which is not among those of withTools(): weather_forecast.');
    expect(() => chat.withTools({ choice: { tool: 'count' } })).toThrow('there are none');
    expect(choosing('weather_forecast')).not.toThrow();
    expect(choosing('Forecast')).toThrow();
    chat.withTools(...tools, { choice: { tool: 'count' } });
    expect((await chat.ask('Hello')).text).toContain('The tools said: "Count 1"');
  });

  it('ignores a forced tool in a run with other tools', async () => {
    const [count, pay] = tools as [Type<DuoTool>, Type<DuoTool>];
    await chat.withTools(count, { choice: { tool: 'count' } }).ask('Hello');
    expect((await chat.ask('Hello', { tools: [pay] })).text).toContain('You said: "Hello"');
    expect((await chat.ask('Hello', { tools: [] })).text).toContain('You said: "Hello"');
    const forced = { tools: [pay], params: { toolChoice: { tool: 'count' } } };
    await expect(chat.ask('Hello', forced)).rejects.toMatchObject({ code: 'validation_failed' });
    expect((await chat.complete()).text).toContain('The tools said: "Count 2"');
  });

  it('warns once of a forced tool that it does not have, and continues', async () => {
    chat.withParams({ toolChoice: { tool: 'counter' } });
    await expect(chat.ask('Hello')).rejects.toMatchObject({ code: 'validation_failed' });
    expect((await chat.complete()).text).toContain('You said: "Hello"');
  });

  it('forces a tool call only in the first round, with every method that runs rounds', async () => {
    chat.withTools(...tools, { choice: { tool: 'count' } });
    await chat.addMessage({ role: 'user', content: 'Count' });
    await chat.generate();
    await chat.runTools();
    expect(await chat.generate()).toMatchObject({ text: expect.stringContaining('The tools said: "Count 1"') });
    expect(await chat.isComplete()).toBe(true);

    onCount = () => {
      host.sandbox.fault({ fault: 'gateway-bad-request' });
    };
    await expect(chat.ask('Count')).rejects.toMatchObject({ code: 'upstream_error' });
    expect((await chat.complete()).text).toContain('The tools said: "Count 2"');
    onCount = () => undefined;

    const limited = { maxSteps: 1 };
    await expect(chat.ask('Count', limited)).rejects.toMatchObject({ code: 'step_limit_reached' });
    chat.withInstructions('Be brief');
    expect((await chat.complete(limited)).text).toContain('The tools said: "Count 3"');
    expect(calls).toBe(3);
  });

  it('offers no tools after they are removed', async () => {
    chat.withTools(...tools, { choice: { tool: 'count' }, calls: 'one' });
    await chat.ask('Hello');
    chat.withTools(null);
    expect((await chat.ask('call count {}')).text).toContain('You said: "call count {}"');
    chat.withTool(tools[0] as Type<DuoTool>);
    expect((await chat.ask('call count {}')).text).toContain('The tools said');
  });

  it('drops the tool choice and the parallel setting together with its tools', async () => {
    const [count, pay] = tools as [Type<DuoTool>, Type<DuoTool>];
    const asked = () => JSON.stringify(host.sandbox.calls.lastRequests[apis[model] as Api]?.body);
    await chat.withTools(pay, { choice: 'none', calls: 'one' }).ask('Hello');
    const choice = /tool_choice|parallel_tool_calls/;
    expect(asked()).toMatch(choice);
    await chat.withTools(count).ask('Hello');
    expect(asked()).toContain('The tool count');
    expect(asked()).not.toMatch(choice);
    await chat
      .withTools(pay, { choice: { tool: 'pay' } })
      .withTools(count)
      .ask('Hello');
    expect(asked()).not.toMatch(choice);
    await chat.withTools(pay, { choice: 'none' }).withTool(count).ask('Hello');
    expect(asked()).toMatch(choice);
  });

  it.each(['complete', 'step'] as const)('runs step by step, up to %s()', async (verb) => {
    await chat.addMessage({ role: 'user', content: 'call count {}\ncall pay {}' });
    const called = await chat.generate();
    expect(called).toMatchObject({ role: 'assistant', finishReason: 'tool-calls' });
    expect(calls).toBe(0);
    await expect(chat.generate()).rejects.toMatchObject({ code: 'validation_failed' });
    expect(await chat.runTools()).toMatchObject([{ role: 'tool' }]);
    expect(calls).toBe(1);
    const pendingCalls = { code: 'pending_tool_calls' };
    await expect(chat.runTools()).rejects.toMatchObject(pendingCalls);
    await expect(chat.generate()).rejects.toMatchObject(pendingCalls);
    await expect(chat.complete()).rejects.toMatchObject(pendingCalls);
    await expect(chat.ask('Never mind')).rejects.toMatchObject(pendingCalls);
    const [pending] = await chat.pendingApprovals();
    await chat.approve(pending?.id ?? '');
    await expect(chat.ask('Never mind')).rejects.toMatchObject(pendingCalls);
    if (verb === 'step') expect(await chat.runTools()).toMatchObject([{ role: 'tool' }]);
    expect(await chat[verb]()).toMatchObject({ text: expect.stringContaining('The tools said: "Count 1", "Paid"') });
    expect(await chat.isComplete()).toBe(true);
    expect(await roles()).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant']);
    expect((await chat.usage()).models).toHaveLength(1);
  });

  it('sends results in the order of the calls, not of their completion', async () => {
    othersAreStored = async () => (await messages()).some(({ role }) => role === 'tool');
    chat.withTools(lastTool, ...tools);
    await chat.addMessage({ role: 'user', content: 'call last {}\ncall count {}' });
    await chat.generate();
    const names = (said: readonly Said[]) =>
      said.flatMap(({ parts }) => parts.map((part) => 'name' in part && part.name));
    expect(names((await chat.runTools()) as unknown as Said[])).toEqual(['last', 'count']);
    expect(names((await messages()).filter(({ role }) => role === 'tool'))).toEqual(['count', 'last']);
  });

  it('abandons calls when the user continues', async () => {
    await chat.addMessage({ role: 'user', content: 'call count {}' });
    await chat.generate();
    expect((await chat.ask('Never mind')).text).toContain('Turn 2');
    expect(calls).toBe(0);
  });

  it('abandons calls for good, even if that ask fails and is completed, or a decision follows', async () => {
    await chat.addMessage({ role: 'user', content: 'call count {}\ncall pay {}\ncall pay {}' });
    await chat.generate();
    const [approved, late] = await chat.pendingApprovals();
    await chat.approve(approved?.id ?? '');
    host.sandbox.fault({ fault: 'gateway-bad-request' });
    await expect(chat.ask('Never mind')).rejects.toMatchObject({ code: 'upstream_error' });
    expect(await chat.pendingApprovals()).toEqual([]);
    await expect(chat.approve(late?.id ?? '')).rejects.toMatchObject({ code: 'pending_tool_calls' });
    expect((await chat.complete()).text).toContain('Turn 2');
    expect(calls).toBe(0);
    expect(await roles()).toEqual(['user', 'assistant', 'user', 'assistant']);
  });

  it('does not abandon calls for an added message', async () => {
    await chat.addMessage({ role: 'user', content: 'call count {}' });
    await chat.generate();
    await chat.addMessage({ role: 'user', content: 'Take your time' });
    expect(await chat.runTools()).toHaveLength(1);
    expect(calls).toBe(1);
  });
});

describe('A paused answer of the model', () => {
  it('is followed by another request, whose answer comes after it', async () => {
    const chat = await host.chats.create({ model: 'duo-chat-sonnet-4-6' });
    host.sandbox.fault({ fault: 'answer-pause-turn' });
    const events = await eventsOf(chat.stream('Hello'));
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'completed' });
    const { items } = await host.chats.messages(chat.id);
    expect(items.map(({ role, finishReason }) => [role, finishReason])).toEqual([
      ['user', null],
      ['assistant', 'pause'],
      ['assistant', 'stop'],
    ]);
  });
});

describe('A run with one round of tools', () => {
  it('takes four round trips with one tool, and at most five with two', async () => {
    const { master } = host.database.driver as unknown as { master: Pool };
    const query = master.query.bind(master);
    const chat = await host.chats.create({});
    await chat.withTools(...tools).ask('Hello');
    const sent: string[] = [];
    const counted = (statement: { text: string }): unknown => {
      sent.push(statement.text);
      return (query as (statement: object) => unknown)(statement);
    };
    Object.assign(master, { query: counted });
    const trips = async (content: string): Promise<number> => {
      const before = sent.length;
      await chat.ask(content);
      return sent.slice(before).filter((text) => !isOfTheClock(text)).length;
    };
    try {
      expect(await trips('Hello again')).toBe(2);
      expect(await trips('call count {}')).toBe(4);
      expect(await trips('call count {}\ncall count {}')).toBeLessThanOrEqual(5);
    } finally {
      Object.assign(master, { query });
    }
  });

  it('stores its steps, its calls and their results', async () => {
    const chat = await host.chats.create({});
    const requestId = 'a-request';
    const { runId } = await chat.withTools(...tools).ask('call count {}\ncall nothing {}', { requestId });
    const rows: unknown[] = await host.database.query(
      `SELECT c.ordinal, c.name, c.status, c.needs_approval, c.idempotent, m.role, m.seq
         FROM duo_tool_calls c JOIN messages m ON m.id = c.result_message_id WHERE c.run_id = $1 ORDER BY c.ordinal`,
      [runId],
    );
    const never = { needs_approval: false, idempotent: false, role: 'tool' };
    expect(rows).toMatchObject([
      { ordinal: 0, name: 'count', status: 'succeeded', ...never },
      { ordinal: 1, name: 'nothing', status: 'failed', ...never },
    ]);
    expect(await new RunRows(host.database).attempts(chat.id)).toEqual(['succeeded', 'succeeded']);
    const attempts: unknown[] = await host.database.query(
      'SELECT a.step, a.request_id, m.role FROM duo_attempts a JOIN messages m ON m.id = a.message_id WHERE a.run_id = $1 ORDER BY a.id',
      [runId],
    );
    expect(attempts).toEqual([
      { step: 1, request_id: requestId, role: 'assistant' },
      { step: 2, request_id: requestId, role: 'assistant' },
    ]);
  });
});
