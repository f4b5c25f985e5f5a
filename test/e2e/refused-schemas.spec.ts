import { beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { z } from 'zod';
import { type AnswerChunk } from '../../src/conversation/ask-options.interface.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { Agent, type AnswerRecord, Chat, DuoAgent, type MessageRecord, type RunEvent } from '../../src/index.js';
import { type JsonSchema } from '../../src/schemas/schema.interface.js';
import { HttpClient } from './support/http-client.js';
import { RecordedLog } from './support/recorded-log.js';
import { RunRows } from './support/run-rows.js';
import { testTool } from './support/test-tool.js';
import { useTestHost, useTestServer } from './support/use-test-host.js';

type Said = Pick<AnswerRecord, 'role' | 'status' | 'text' | 'parts'> & { parsed?: unknown };

const APIS = [
  ['duo-chat-sonnet-4-6', 'anthropic-messages'],
  ['duo-chat-gpt-5-2', 'openai-chat'],
  ['duo-chat-gpt-5-6-sol', 'openai-responses'],
] as const;
type Api = (typeof APIS)[number][1];

const weather = testTool('weather', () => 'Sunny');
/** A schema that all vendors enforce, and that none has seen; each call makes the same one from the same name. */
const schemaNamed = (name: string): JsonSchema => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
  required: [name],
  additionalProperties: false,
});

describe('Refused schemas', () => {
  interface TalkingChat {
    chat: BaseChat<Said>;
    messages: () => Promise<readonly Said[]>;
  }
  const host = useTestHost([Chat], { tools: [weather] });
  let log: RecordedLog;

  beforeEach(() => {
    host.sandbox.reset();
    log = new RecordedLog();
    host.app.useLogger(log);
  });

  const places: Record<string, (model: string) => Promise<TalkingChat>> = {
    'in memory': (model) => {
      const chat = host.duo.chat({ model });
      return Promise.resolve({ chat, messages: () => Promise.resolve(chat.allMessages) });
    },
    'in the database': async (model) => {
      const { id } = await host.chats.create({ model });
      return {
        chat: await host.chats.find(id),
        messages: async () => (await host.chats.messages(id, { include: 'superseded' })).items,
      };
    },
  };
  const cases = Object.keys(places).flatMap((place) => APIS.map(([model, api]) => ({ place, model, api })));

  let count = 0;
  const unseen = (): string => `city_${(count += 1)}`;

  /** How the last request asks for the answer of a schema: enforced, or in the weaker form that the vendor has. */
  function formOf(api: Api): string {
    const body = JSON.stringify(host.sandbox.calls.lastRequests[api]?.body);
    if (api === 'anthropic-messages') return body.includes('json_schema') ? 'enforced' : 'tool';
    return body.includes('"strict":true') ? 'enforced' : 'wish';
  }

  describe.each(cases)('A schema that $model refuses to enforce, in a chat $place', ({ place, model, api }) => {
    const weaker = api === 'anthropic-messages' ? 'tool' : 'wish';
    const requests = () => host.sandbox.calls.requests[api];
    const open = () => (places[place] as (model: string) => Promise<TalkingChat>)(model);

    async function expectAttempts({ chat }: TalkingChat, statuses: readonly string[]): Promise<void> {
      expect(requests()).toBe(statuses.length);
      expect(await chat.usage()).toMatchObject({ attempts: statuses.length, unknownAttempts: 0 });
      if (place === 'in the database') expect(await new RunRows(host.database).attempts(chat.id)).toEqual(statuses);
    }

    it('is sent once more in a weaker form, and in later steps and asks', async () => {
      host.sandbox.fault({ fault: 'gateway-schema-refused', times: 0 });
      const talk = await open();
      const name = unseen();
      const ask = 'Look it up.\ncall weather {"city":"Rome"}';
      const answer = await talk.chat.withTools(weather).ask(ask, { schema: schemaNamed(name) });
      expect(answer.parsed).toEqual({ [name]: '' });
      expect(formOf(api)).toBe(weaker);
      await expectAttempts(talk, ['failed', 'succeeded', 'succeeded']);
      expect((await talk.chat.ask('And now?', { schema: schemaNamed(name) })).parsed).toEqual({ [name]: '' });
      await expectAttempts(talk, ['failed', 'succeeded', 'succeeded', 'succeeded']);
      const other = await open();
      expect((await other.chat.ask('And here?', { schema: schemaNamed(name) })).parsed).toEqual({ [name]: '' });
      expect(await other.chat.usage()).toMatchObject({ attempts: 1 });
      expect(requests()).toBe(5);
    });

    it('is mentioned in no answer and no event, and once in the log', async () => {
      host.sandbox.fault({ fault: 'gateway-schema-refused', times: 0 });
      const { chat, messages } = await open();
      const name = unseen();
      const events: RunEvent[] = [];
      for await (const event of chat.stream('Where?', { schema: schemaNamed(name) })) events.push(event);
      const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
      expect(JSON.parse(text)).toEqual({ [name]: '' });
      expect([...new Set(events.map(({ type }) => type))]).toEqual([
        'run-start',
        'message-start',
        'text-delta',
        'message-end',
        'run-end',
      ]);
      expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'completed' });
      await chat.ask('And now?', { schema: schemaNamed(name) });
      expect(JSON.stringify([events, await messages()])).not.toMatch(/grammar|invalid schema|exceeds limit|rejected/i);
      const warnings = log.lines.filter(([, text]) => text.includes('does not enforce the schema'));
      expect(warnings).toEqual([
        ['warn', expect.stringContaining(`The vendor of ${model} does not enforce`), 'Schemas'],
      ]);
    });

    it('is sent once more if the answer in the weaker form is wrong', async () => {
      host.sandbox.fault({ fault: 'gateway-schema-refused', times: 0 });
      host.sandbox.fault({ fault: 'answer-wrong-json' });
      const talk = await open();
      const name = unseen();
      expect((await talk.chat.ask('Where?', { schema: schemaNamed(name) })).parsed).toEqual({ [name]: '' });
      await expectAttempts(talk, ['failed', 'succeeded', 'succeeded']);
      expect((await talk.messages()).map(({ status }) => status)).toEqual(['complete', 'failed', 'complete']);
    });

    it('is remembered even if the request in the weaker form fails', async () => {
      const talk = await open();
      const schema = schemaNamed(unseen());
      host.sandbox.fault({ fault: 'gateway-schema-refused', times: 0 });
      host.sandbox.fault({ fault: 'stream-error-before-text' });
      await expect(talk.chat.ask('Where?', { schema })).rejects.toMatchObject({
        code: api === 'anthropic-messages' ? 'upstream_overloaded' : 'upstream_error',
      });
      expect(requests()).toBe(2);
      expect((await talk.chat.complete({ schema })).status).toBe('complete');
      expect([requests(), formOf(api)]).toEqual([3, weaker]);
    });

    it('does not affect other schemas, or the same one for another model', async () => {
      host.sandbox.fault({ fault: 'gateway-schema-refused' });
      const { chat } = await open();
      const schema = schemaNamed(unseen());
      await chat.ask('Where?', { schema });
      expect(formOf(api)).toBe(weaker);
      await chat.ask('Where?', { schema: schemaNamed(unseen()) });
      expect(formOf(api)).toBe('enforced');
      for (const [other, otherApi] of APIS.filter(([id]) => id !== model)) {
        await chat.ask('Where?', { schema, model: other });
        expect(formOf(otherApi)).toBe('enforced');
      }
    });

    // Within all limits that the vendors publish.
    it('is answered if the vendor refuses its size alone', async () => {
      const talk = await open();
      const prefix = unseen();
      const names = Array.from({ length: 501 }, (_, index) => `${prefix}_${index}`);
      const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
      const schema: JsonSchema = { type: 'object', properties, required: names, additionalProperties: false };
      expect(Object.keys((await talk.chat.ask('Where?', { schema })).parsed as object)).toHaveLength(501);
      await expectAttempts(talk, api === 'anthropic-messages' ? ['failed', 'succeeded'] : ['succeeded']);
    });
  });

  // Thinking of this model is bound to the tools, and the weaker form is one of these.
  it.each(Object.entries(places))(
    'A schema that is refused in the middle of a chat %s costs only the thinking bound to the old prefix, and no request',
    async (_place, open) => {
      host.sandbox.fault({ fault: 'gateway-schema-refused', times: 0 });
      const { chat } = await open('duo-chat-fable-5-1');
      const name = unseen();
      const schema = schemaNamed(name);
      const answer = `call answer {"${name}":"Rome"}`;
      await chat.withThinking({ effort: 'low' }).ask('One');
      expect((await chat.ask(`Two\n${answer}`, { schema })).parsed).toEqual({ [name]: 'Rome' });
      expect(host.sandbox.calls.requests['anthropic-messages']).toBe(3);
      for (const question of ['Three', 'Four']) await chat.ask(`${question}\n${answer}`, { schema });
      await chat.ask('Five');
      expect(host.sandbox.calls.requests['anthropic-messages']).toBe(6);
    },
  );
});

const Trip = z.strictObject({ city: z.string(), days: z.number() });
const RIGHT = '{"city":"","days":0}';
const MODELS = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'];

@Agent({ name: 'planner', schema: Trip })
class Planner extends DuoAgent<object, Chat, z.output<typeof Trip>> {}

@Module({ providers: [Planner] })
class PlannerModule {}

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

describe('Corrected answers', () => {
  type TalkingChat = BaseChat<Pick<MessageRecord, 'id' | 'text'>>;
  const server = useTestServer({ imports: [PlannerModule], tools: [weather] });

  beforeEach(() => {
    server.sandbox.reset();
  });

  const places: Record<string, (model: string) => Promise<TalkingChat>> = {
    'in memory': (model) => Promise.resolve(server.duo.chat({ model })),
    'in the database': (model) => server.chats.create({ model }),
  };
  const cases = Object.keys(places).flatMap((place) => MODELS.map((model) => ({ place, model })));

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
});
