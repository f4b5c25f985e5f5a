import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { z } from 'zod';
import { DuoService, type DuoTool, GitlabDuoModule, type RunEvent, Tool } from '../../../src/index.js';
import { type ModelEvent } from '../../../src/messages/model-request.interface.js';
import { createDuoTestingModule, DuoScript } from '../../../src/testing/index.js';
import { ToolCallIds } from '../../../src/turn/tool-call-ids.js';
import { type ToolCallEvent } from '../../../src/turn/turn.interface.js';
import { PAT } from '../gateway/client.js';
import { frame, messageStart, sse, startUpstream, text, textDelta, type Upstream } from '../gateway/upstream.js';

const refused = sse(
  messageStart,
  textDelta('I must not.'),
  frame({ type: 'content_block_stop', index: 0 }),
  frame({
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: 'a', name: 'wipe', input: {} },
  }),
  frame({ type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{}' } }),
  frame({ type: 'content_block_stop', index: 1 }),
  frame({ type: 'message_delta', delta: { stop_reason: 'refusal' } }),
  frame({ type: 'message_stop' }),
);

describe('A run whose model calls a tool and then refuses', () => {
  let runs = 0;

  @Tool({ description: 'Deletes all', parameters: { type: 'object', properties: {} } })
  class Wipe implements DuoTool {
    execute(): string {
      runs += 1;
      return 'done';
    }
  }

  let upstream: Upstream;
  let app: INestApplicationContext;

  beforeAll(async () => {
    upstream = await startUpstream();
    @Module({
      imports: [GitlabDuoModule.forRoot({ apiKey: PAT, instanceUrl: upstream.url, gatewayUrl: upstream.url })],
      providers: [Wipe],
    })
    class HostModule {}
    app = await NestFactory.createApplicationContext(HostModule, { logger: false });
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });

  it('ends with the refusal, runs no tool, and leaves a chat that can continue', async () => {
    upstream.onGateway(refused, text('Hello'));
    const chat = app.get(DuoService).chat({ model: 'duo-chat-haiku-4-5' }).withTools(Wipe);
    const events: RunEvent[] = [];
    for await (const event of chat.stream('Wipe it')) events.push(event);

    expect(runs).toBe(0);
    expect(upstream.requests).toHaveLength(1);
    expect(events.map(({ type }) => type)).toEqual([
      'run-start',
      'message-start',
      'text-delta',
      'message-end',
      'run-end',
    ]);
    const said = { role: 'assistant', finishReason: 'refusal', parts: [{ type: 'text', text: 'I must not.' }] };
    expect(chat.messages.at(-1)).toMatchObject(said);
    expect(await chat.isComplete()).toBe(true);

    expect(await chat.ask('Then greet me')).toMatchObject({ text: 'Hello', finishReason: 'stop' });
    const { messages } = JSON.parse(upstream.request(1).body) as { messages: { role: string }[] };
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(upstream.request(1).body).not.toContain('tool_use');
  });
});

const Trip = z.strictObject({ city: z.string(), days: z.number() });
const trip = { city: 'Rome', days: 3 };
const json = JSON.stringify(trip);
const pretty = JSON.stringify(trip, null, 2);

describe('A structured answer in Markdown fences', () => {
  let module: TestingModule;
  let script: DuoScript;

  beforeAll(async () => {
    module = await Test.createTestingModule({ imports: [createDuoTestingModule()] }).compile();
    script = module.get(DuoScript);
  });
  afterAll(() => module.close());
  beforeEach(() => {
    script.reset();
  });

  const ask = () => module.get(DuoService).chat().withSchema(Trip).ask('Where?');

  it.each([
    ['a block of JSON', `\`\`\`json\n${json}\n\`\`\``, json],
    ['a block that names no language', `\`\`\`\n${pretty}\n\`\`\`\n`, pretty],
    ['a block between other words', `Here you are:\n\n\`\`\`json\r\n${json}\r\n\`\`\`\nHave fun!`, json],
    ['the last of two blocks', `\`\`\`json\n{"city":"Oslo"}\n\`\`\`\nNo:\n  \`\`\`JSON \n  ${json}\n  \`\`\``, json],
  ])('is extracted from %s', async (_what, reply, text) => {
    script.add({ reasoning: 'Hm', text: reply });
    const answer = await ask();
    expect(answer.parsed).toEqual(trip);
    expect(answer.parts.filter(({ type }) => type !== 'reasoning')).toEqual([{ type: 'text', text }]);
    expect(answer.text).toBe(text);
    expect(script.requests).toHaveLength(1);
  });

  it('keeps the fences in its values', async () => {
    const city = '```json\n{}\n```';
    script.add(JSON.stringify({ city, days: 1 }));
    expect((await ask()).parsed).toEqual({ city, days: 1 });
  });

  it.each(['```json\n{"city":\n```', `\`\`\`json\n${json}`, '``` ```'])(
    'is requested again if it is %j',
    async (reply) => {
      script.add(reply, json);
      expect((await ask()).parsed).toEqual(trip);
      expect(script.requests).toHaveLength(2);
    },
  );
});

const call = (id: string) => ({ type: 'tool-call' as const, id, name: 'weather', arguments: {} });
const reset = { type: 'reset' as const, reason: 'upstream_error' as const };

/** The calls as events of a run, given one by one. */
const callEvents = (ids: ToolCallIds, events: readonly ModelEvent[]): ToolCallEvent[] =>
  events.flatMap((event) => ids.inEvents([event])).filter((event) => event.type === 'tool-call');

describe('ToolCallIds', () => {
  it('keeps distinct ids of the vendor', () => {
    const parts = [call('a'), { type: 'text' as const, text: 'and' }, call('b')];
    expect(ToolCallIds.inParts(parts)).toEqual(parts);
  });

  it('makes repeated ids of the vendor unique, in events and parts', () => {
    const calls = [call('a'), call('a'), call('a_2'), call('a')];
    const unique = ['a', 'a_2', 'a_2_2', 'a_3'];
    expect(ToolCallIds.inParts(calls)).toEqual(unique.map(call));
    expect(callEvents(new ToolCallIds(), calls).map(({ providerCallId }) => providerCallId)).toEqual(unique);
  });

  it('gives each call its own toolCallId, in the event and in the message', () => {
    const ids = new ToolCallIds();
    const calls = [call('a'), call('a')];
    const events = callEvents(ids, calls);
    expect(new Set(events.map(({ toolCallId }) => toolCallId)).size).toBe(2);
    const parts = ToolCallIds.inParts(calls).filter((part) => part.type === 'tool-call');
    expect(parts.map((part) => ids.of(part))).toEqual(events.map(({ toolCallId }) => toolCallId));
  });

  it('gives a call without an event an id', () => {
    const ids = new ToolCallIds();
    expect(ids.of(call('a'))).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids.of(call('a'))).not.toBe(ids.of(call('b')));
  });

  it('starts over after a reset', () => {
    const ids = new ToolCallIds();
    const events = callEvents(ids, [call('a'), reset, call('a')]);
    expect(events.map(({ providerCallId }) => providerCallId)).toEqual(['a', 'a']);
    expect(ids.of(call('a'))).toBe(events[1]?.toolCallId);
  });
});
