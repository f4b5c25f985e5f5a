import { beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { z } from 'zod';
import { Agent, Chat, DuoAgent, type MessageRecord, type RunEvent } from '../../src/index.js';
import { type AnswerChunk } from '../../src/conversation/ask-options.interface.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { testTool } from './support/test-tool.js';
import { HttpClient } from './support/http-client.js';
import { useTestServer } from './support/use-test-host.js';

type TalkingChat = BaseChat<Pick<MessageRecord, 'id' | 'text'>>;

const Trip = z.strictObject({ city: z.string(), days: z.number() });
const RIGHT = '{"city":"","days":0}';
const MODELS = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'];

@Agent({ name: 'planner', schema: Trip })
class Planner extends DuoAgent<object, Chat, z.output<typeof Trip>> {}

@Module({ providers: [Planner] })
class PlannerModule {}

const weather = testTool('weather', () => 'Sunny');
const server = useTestServer({ imports: [PlannerModule], tools: [weather] });

beforeEach(() => {
  server.sandbox.reset();
});

const places: Record<string, (model: string) => Promise<TalkingChat>> = {
  'in memory': (model) => Promise.resolve(server.duo.chat({ model })),
  'in the database': (model) => server.chats.create({ model }),
};
const cases = Object.keys(places).flatMap((place) => MODELS.map((model) => ({ place, model })));

/** What a follower shows in the end who keeps the text of each message and drops that of a message on its `reset`. */
function shownTexts(events: readonly RunEvent[]): string[] {
  const texts = new Map<string, string>();
  let id = '';
  for (const event of events) {
    if (event.type === 'message-start') texts.set((id = event.messageId), '');
    if (event.type === 'text-delta') texts.set(id, `${texts.get(id)}${event.text}`);
    if (event.type === 'reset') texts.delete(event.messageId);
  }
  return [...texts.values()];
}

describe.each(cases)('A wrong structured answer $place, of $model', ({ place, model }) => {
  let chat: TalkingChat;

  beforeEach(async () => {
    chat = await (places[place] as (model: string) => Promise<TalkingChat>)(model);
  });

  it('is withdrawn by a reset before the events of the corrected one', async () => {
    server.sandbox.fault({ fault: 'answer-wrong-json' });
    const events: RunEvent[] = [];
    for await (const event of chat.stream('Where?', { schema: Trip })) events.push(event);
    const [wrong, right] = events.flatMap((event) => (event.type === 'message-start' ? [event.messageId] : []));
    const marks = events.filter(({ type }) => ['message-start', 'message-end', 'reset'].includes(type));
    expect(marks).toMatchObject([
      { type: 'message-start', messageId: wrong },
      { type: 'message-end', message: { id: wrong, status: 'failed' } },
      { type: 'reset', messageId: wrong, reason: 'schema_mismatch' },
      { type: 'message-start', messageId: right },
      { type: 'message-end', message: { id: right, status: 'complete' } },
    ]);
    expect(shownTexts(events)).toEqual([RIGHT]);
  });

  it('is withdrawn from onChunk, which names the message of each piece', async () => {
    server.sandbox.fault({ fault: 'answer-wrong-json' });
    const chunks: AnswerChunk[] = [];
    const answer = await chat.ask('Where?', { schema: Trip }, (chunk) => chunks.push(chunk));
    const reset = chunks.findIndex((chunk) => chunk.reset !== undefined);
    const wrong = chunks[0]?.messageId;
    expect(chunks[reset]).toEqual({ messageId: wrong, text: '', reasoning: '', reset: 'schema_mismatch' });
    expect(
      chunks
        .slice(0, reset)
        .map(({ text }) => text)
        .join(''),
    ).toBe('{"wrong":true}');
    expect(
      chunks
        .slice(reset + 1)
        .map(({ text }) => text)
        .join(''),
    ).toBe(RIGHT);
    expect(new Set(chunks.slice(reset + 1).map(({ messageId }) => messageId))).toEqual(new Set([answer.id]));
    expect(wrong).not.toBe(answer.id);
  });

  it('stays if no other answer follows', async () => {
    server.sandbox.fault({ fault: 'answer-wrong-json' });
    const events: RunEvent[] = [];
    for await (const event of chat.stream('Where?', { schema: Trip, maxSteps: 1 })) events.push(event);
    expect(events.map(({ type }) => type)).not.toContain('reset');
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'failed' });
  });

  it('is kept apart from the text before tool calls', async () => {
    const chunks: AnswerChunk[] = [];
    const answer = await chat.withTools(weather).ask('Look it up.\ncall weather {}', (chunk) => chunks.push(chunk));
    const ids = [...new Set(chunks.map(({ messageId }) => messageId))];
    const texts = ids.map((id) => chunks.flatMap((chunk) => (chunk.messageId === id ? [chunk.text] : [])).join(''));
    expect(ids.at(-1)).toBe(answer.id);
    expect(texts).toEqual(['Calling weather.', answer.text]);
  });
});

it('A wrong structured answer over HTTP is withdrawn by a reset among the server-sent events', async () => {
  const http = new HttpClient(server.url);
  const chatId = await http.createChat({ agent: 'planner' });
  server.sandbox.fault({ fault: 'answer-not-json' });
  const events = await http.events(chatId, 'Where?');
  const [wrong] = events.filter(({ type }) => type === 'message-start');
  const reset = events.findIndex(({ type }) => type === 'reset');
  expect(events[reset]?.data).toEqual({ messageId: wrong?.data.messageId, reason: 'schema_mismatch' });
  const after = events.slice(reset).map(({ type, data }) => (type === 'text-delta' ? data.text : ''));
  expect(after.join('')).toBe(RIGHT);
});
