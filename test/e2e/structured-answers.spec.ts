import { beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Test, type TestingModule } from '@nestjs/testing';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import {
  type AnswerRecord,
  Chat,
  type DuoChat,
  DuoRouterService,
  DuoService,
  GitlabDuoModule,
  type MemoryChat,
  SchemaMismatchError,
  type StandardSchema,
} from '../../src/index.js';
import { createDuoTestingModule, DuoScript, type ScriptedReply } from '../../src/testing/index.js';
import { eventsOf } from './support/events-of.js';
import { testTool } from './support/test-tool.js';
import { useTestHost } from './support/use-test-host.js';

type Said = Pick<AnswerRecord, 'role' | 'status' | 'text' | 'parts'> & { parsed?: unknown };

interface TalkingChat {
  chat: BaseChat<Pick<Said, 'text' | 'parts' | 'parsed'>>;
  messages: () => Promise<readonly Said[]>;
}

const CLAUDE = 'duo-chat-sonnet-4-6';
const MODELS = [CLAUDE, 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'];

/** All vendors enforce it. */
const closed = z.strictObject({ city: z.string(), days: z.number() });
/** Claude gives it by a tool, and GPT as far as it likes. */
const open = z.object({ city: z.string().min(2), days: z.int().min(1), note: z.string().optional() });
const schemas: [string, typeof closed | typeof open, { city: string; days: number }][] = [
  ['that the vendor enforces', closed, { city: '', days: 0 }],
  ['that the vendor does not take', open, { city: 'xx', days: 1 }],
];

const weather = testTool('weather', () => 'Sunny');
const pay = testTool('pay', () => 'Paid', { requiresApproval: true });

describe('Structured answers', () => {
  const host = useTestHost([Chat], { tools: [weather, pay] });

  beforeEach(() => {
    host.sandbox.reset();
  });

  const places: Record<string, (model: string) => Promise<TalkingChat>> = {
    'in memory': (model) => {
      const chat = host.duo.chat({ model });
      return Promise.resolve({ chat, messages: () => Promise.resolve(chat.allMessages) });
    },
    'in the database': async (model) => {
      const chat = await host.chats.create({ model });
      return { chat, messages: async () => (await host.chats.messages(chat.id, { include: 'superseded' })).items };
    },
  };
  const cases = Object.keys(places).flatMap((place) => MODELS.map((model) => ({ place, model })));

  /** What the last request to any vendor said, and how many there were. */
  function upstream(): { body: string; requests: number } {
    const { requests, lastRequests } = host.sandbox.calls;
    const body = JSON.stringify(Object.values(lastRequests).map((request) => request?.body));
    return { body, requests: Object.values(requests).reduce((sum, count) => sum + count, 0) };
  }

  describe.each(cases)('Structured answers $place, of $model', ({ place, model }) => {
    let talk: TalkingChat;

    beforeEach(async () => {
      talk = await (places[place] as (model: string) => Promise<TalkingChat>)(model);
    });

    const statuses = async () => (await talk.messages()).map(({ role, status }) => `${role} ${status}`);

    it('may have names that Claude accepts neither in a format nor in a tool', async () => {
      const schema = z.strictObject({ 'city of birth': z.string() });
      const answer = await talk.chat.withTools(weather).withSchema<unknown>(schema).ask('call weather {"city":"Rome"}');
      expect(answer.parsed).toEqual({ 'city of birth': '' });
      expect(upstream().requests).toBe(2);
    });

    it.each([
      ['a reference with a description', { a: { $ref: '#/$defs/b', description: 'A city.' } }],
      ['a list of anything', { a: { type: 'array' } }],
      ['an object without properties', { a: { type: 'object' } }],
      ['a regular expression that only JavaScript knows', { a: { type: 'string', pattern: '^\\p{L}*$' } }],
    ])('may have %s, which a vendor does not accept unchanged', async (_what, properties) => {
      const schema = { type: 'object', properties, additionalProperties: false, $defs: { b: { type: 'string' } } };
      expect((await talk.chat.withSchema<unknown>(schema).ask('Where?')).parsed).toEqual({});
      expect(upstream().requests).toBe(1);
    });

    describe.each(schemas)('with a schema %s', (_what, schema, expected) => {
      it('are parsed, and stored as JSON text', async () => {
        const answer = await talk.chat.withSchema<unknown>(schema).ask('Where?');
        expect(answer.parsed).toEqual(expected);
        expect(JSON.parse(answer.text)).toEqual(expected);
        expect(JSON.stringify(answer)).not.toContain('parsed');
        const [, stored] = await talk.messages();
        expect(stored).toMatchObject({ text: answer.text, parts: [{ type: 'text', text: answer.text }] });
        expect(stored?.parsed).toBeUndefined();
        expect(upstream().requests).toBe(1);
      });

      it('stream as text', async () => {
        const events = await eventsOf(talk.chat.stream('Where?', { schema }));
        const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
        expect(JSON.parse(text)).toEqual(expected);
        expect(events.map(({ type }) => type)).not.toContain('tool-call');
        expect(events.find(({ type }) => type === 'message-end')).toMatchObject({
          message: { text, finishReason: 'stop' },
        });
        expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'completed' });
      });

      it('follow tool calls', async () => {
        const answer = await talk.chat
          .withTools(weather)
          .withSchema<unknown>(schema)
          .ask('call weather {"city":"Rome"}');
        expect(answer.parsed).toEqual(expected);
        const said = await talk.messages();
        expect(said.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
        expect(said[3]?.parts).toHaveLength(1);
        expect(said[3]?.parts).toMatchObject([{ type: 'text', text: answer.text }]);
      });

      it('are returned by a completion after an approval', async () => {
        const parked = await talk.chat.withTools(pay).withSchema<unknown>(schema).ask('call pay {}');
        expect(parked.parsed).toBeUndefined();
        for (const { id } of await talk.chat.pendingApprovals()) await talk.chat.approve(id);
        expect((await talk.chat.complete({ schema: closed })).parsed).toEqual({ city: '', days: 0 });
      });

      it('are returned for an ask with its own schema once its calls are approved', async () => {
        await talk.chat.withTools(pay).ask('call pay {}', { schema });
        for (const { id } of await talk.chat.pendingApprovals()) await talk.chat.approve(id);
        expect((await talk.chat.complete()).parsed).toEqual(expected);
      });

      it.each(['answer-wrong-json', 'answer-not-json', 'answer-empty'] as const)(
        'are requested once more after %s, and replace the wrong one',
        async (fault) => {
          host.sandbox.fault({ fault });
          const answer = await talk.chat.withSchema<unknown>(schema).ask('Where?');
          expect(answer.parsed).toEqual(expected);
          expect(await statuses()).toEqual(['user complete', 'assistant failed', 'assistant complete']);
          expect(upstream()).toMatchObject({
            requests: 2,
            body: expect.stringContaining('does not match its JSON schema'),
          });
          await talk.chat.ask('And now?');
          expect(upstream().body).toContain('And now?');
          expect(upstream().body).not.toMatch(/does not match|Certainly|wrong/);
        },
      );

      it('fail the run if they are wrong twice, and leave a chat that can continue', async () => {
        host.sandbox.fault({ fault: 'answer-wrong-json', times: 2 });
        const failure = await talk.chat
          .withSchema<unknown>(schema)
          .ask('Where?')
          .catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(SchemaMismatchError);
        expect(failure).toMatchObject({ code: 'schema_mismatch', message: expect.stringContaining('city') });
        expect(await statuses()).toEqual(['user complete', 'assistant failed', 'assistant failed']);
        expect(upstream().requests).toBe(2);
        expect(await talk.chat.isComplete()).toBe(false);

        expect((await talk.chat.complete()).text).toBe(JSON.stringify(expected));
        host.sandbox.fault({ fault: 'answer-not-json', times: 2 });
        const events = await eventsOf(talk.chat.stream('And now?'));
        expect(events.slice(-2)).toMatchObject([
          {
            type: 'error',
            problem: { code: 'schema_mismatch', status: 422, detail: expect.stringContaining('not JSON') },
          },
          { type: 'run-end', status: 'failed' },
        ]);
        expect((await talk.chat.ask('Once more?')).text).toBe(JSON.stringify(expected));
      });

      it.each([
        ['answer-max-tokens', 'it was cut off at its limit of tokens. Raise maxOutputTokens'],
        ['answer-context-window', 'the context window is full'],
        [
          'answer-refusal',
          model === CLAUDE ? 'the model refused to give one' : 'a content filter of the vendor stopped it',
        ],
      ] as const)('are not requested again after %s', async (fault, message) => {
        // Only the wire of Anthropic has a word for it.
        if (fault === 'answer-context-window' && model !== CLAUDE) return;
        host.sandbox.fault({ fault });
        await expect(talk.chat.ask('Where?', { schema })).rejects.toThrow(message);
        expect(upstream().requests).toBe(1);
        expect((await talk.chat.ask('Where?', { schema })).text).toBe(JSON.stringify(expected));
      });

      // Of every vendor: thinking tokens count towards the limit of the answer.
      it('mention after answer-max-tokens that thinking counts too, if the model thought', async () => {
        host.sandbox.fault({ fault: 'answer-max-tokens' });
        talk.chat.withThinking({ effort: 'low' });
        await expect(talk.chat.ask('Where?', { schema })).rejects.toThrow(
          'cut off at its limit of tokens, and its thinking counts towards that. Raise maxOutputTokens, let the model think less',
        );
      });
    });

    it('are requested by a chat until its schema is removed', async () => {
      talk.chat.withSchema(closed);
      expect((await talk.chat.ask('Where?')).parsed).toEqual({ city: '', days: 0 });
      expect((await talk.chat.ask('Where?', { schema: null })).text).toContain('You said');
      expect((await talk.chat.ask('Where?', { schema: open })).parsed).toEqual({ city: 'xx', days: 1 });
      expect((await talk.chat.ask('Where?')).parsed).toEqual({ city: '', days: 0 });
      talk.chat.withSchema(null);
      const text = await talk.chat.ask('Where?');
      expect(text.text).toContain('You said');
      expect(text.parsed).toBeUndefined();
    });

    it('are not requested again without a step left', async () => {
      host.sandbox.fault({ fault: 'answer-wrong-json' });
      await expect(talk.chat.ask('Where?', { schema: closed, maxSteps: 1 })).rejects.toThrow(SchemaMismatchError);
      host.sandbox.fault({ fault: 'answer-wrong-json' });
      await talk.chat.addMessage({ role: 'user', content: 'And now?' });
      await expect(talk.chat.generate({ schema: closed })).rejects.toThrow(SchemaMismatchError);
      expect(upstream().requests).toBe(2);
      expect((await talk.chat.generate({ schema: closed })).parsed).toEqual({ city: '', days: 0 });
    });

    it('are the output of the schema', async () => {
      const answer = await talk.chat.ask('Where?', { schema: z.strictObject({ days: z.number().transform(String) }) });
      expect([answer.parsed, answer.text]).toEqual([{ days: '0' }, '{"days":0}']);
    });

    it("fail with the error that the schema's code throws", async () => {
      const broken = z.strictObject({ days: z.number() }).refine(() => {
        throw new Error('No such table');
      });
      await expect(talk.chat.ask('Where?', { schema: broken })).rejects.toThrow('No such table');
      expect((await talk.chat.ask('Where?')).text).toContain('You said');
    });

    it('can be cancelled while a schema validates them', async () => {
      const controller = new AbortController();
      const { jsonSchema } = closed['~standard'];
      const hanging: StandardSchema = {
        '~standard': {
          version: 1,
          vendor: 'test',
          jsonSchema,
          validate: () => {
            controller.abort();
            return new Promise(() => undefined);
          },
        },
      };
      await expect(talk.chat.ask('Where?', { schema: hanging, signal: controller.signal })).rejects.toThrow('aborted');
      expect(await statuses()).toEqual(['user complete', 'assistant cancelled']);
    });
  });

  describe('Structured answers of Claude by a tool', () => {
    const chatOf = (): MemoryChat => host.duo.chat({ model: CLAUDE }).withSchema(open);

    it('are requested once more if the tool input was wrong', async () => {
      const answer = await chatOf().ask('call answer {"city":"x"}');
      expect(answer.parsed).toEqual({ city: 'xx', days: 1 });
      expect(upstream().body).toContain('city: Too small');
    });

    it('work with thinking, without the text before them', async () => {
      const chat = chatOf().withThinking({ effort: 'low' });
      const answer = await chat.ask('Where?\ncall answer {"city":"Rome","days":3}');
      expect(answer.parsed).toEqual({ city: 'Rome', days: 3 });
      expect(answer.text).toBe('{"city":"Rome","days":3}');
      expect(answer.parts.map(({ type }) => type)).toEqual(['reasoning', 'text']);
      expect((await chat.ask('And?\ncall answer {"city":"Oslo","days":2}')).parsed).toEqual({ city: 'Oslo', days: 2 });
    });
  });

  describe('Structured answers of a stored chat', () => {
    const chatOf = async (model: string): Promise<Chat> => host.chats.create({ model, ownerId: 'ann' });

    it('can be parsed after a reload, and are replayed to each vendor', async () => {
      const { id } = await chatOf(CLAUDE);
      for (const schema of [open, closed]) {
        for (const model of [...MODELS].reverse()) {
          const chat: DuoChat = await host.chats.find(id, { ownerId: 'ann' });
          await chat.withModel(model).withSchema<unknown>(schema).ask('Where?');
        }
      }
      const { items } = await host.chats.messages(id, { ownerId: 'ann' });
      const answers = items.filter(({ role }) => role === 'assistant').map(({ text }) => text);
      expect(answers.slice(0, 3).map((text) => open.parse(JSON.parse(text)))).toEqual(
        Array(3).fill({ city: 'xx', days: 1 }),
      );
      expect(answers.slice(3).map((text) => closed.parse(JSON.parse(text)))).toEqual(
        Array(3).fill({ city: '', days: 0 }),
      );
      const reloaded = await host.chats.find(id, { ownerId: 'ann' });
      expect((await reloaded.ask('Where?')).text).toContain('You said');
    });

    it('are available by id', async () => {
      const { id } = await chatOf(CLAUDE);
      const chat = host.chats.ref(id, { ownerId: 'ann' });
      const options = { schema: closed };
      expect((await chat.ask('Where?', options)).parsed.days).toBe(0);
      await chat.addMessage({ role: 'user', content: 'And now?' });
      expect((await chat.complete(options)).parsed.days).toBe(0);
      await chat.addMessage({ role: 'user', content: 'And then?' });
      expect((await chat.generate(options)).parsed.days).toBe(0);
      await chat.addMessage({ role: 'user', content: 'And at last?' });
      expect((await chat.step(options))?.parsed.days).toBe(0);
      expect((await chat.ask('Where?')).text).toContain('You said');
    });

    it('are parsed for a parked run in any application', async () => {
      const { id } = await host.chats.create({ model: CLAUDE, ownerId: 'ann' });
      const options = { ownerId: 'ann' };
      const chat = host.chats.ref(id, options);
      await chat.ask('call pay {}', { tools: [pay], schema: closed });
      for (const call of await chat.pendingApprovals()) await chat.approve(call.id);
      const reloaded = await host.chats.find(id, options);
      const answer = await reloaded.complete();
      expect(JSON.parse(answer.text)).toEqual({ city: '', days: 0 });
      expect((await reloaded.ask('Where?')).text).toContain('You said');
    });

    it('refuse a schema that is not an object before anything is stored', async () => {
      const chat = await chatOf(CLAUDE);
      expect(() => chat.withSchema(z.array(z.string()))).toThrow('put that into a property of an object');
      await expect(chat.ask('Where?', { schema: z.string() })).rejects.toMatchObject({ code: 'validation_failed' });
      expect((await host.chats.messages(chat.id, { ownerId: 'ann' })).items).toEqual([]);
    });
  });

  it.each(MODELS)('The router requests JSON from %s', async (model) => {
    const messages = [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'Where?' }] }];
    for (const [, schema, expected] of schemas) {
      const outputSchema = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as Record<string, never>;
      const step = host.app.get(DuoRouterService).stream({ model, messages, outputSchema });
      for (;;) {
        const { done, value } = await step.next();
        if (!done) continue;
        expect(value).toMatchObject({
          parts: [{ type: 'text', text: JSON.stringify(expected) }],
          finishReason: 'stop',
        });
        break;
      }
    }
  });
});

const deep = `{"id":${'['.repeat(1_000)}${']'.repeat(1_000)}}`;
const long = '{"id":12345678901234567890}';
const schema = { type: 'object', properties: { id: {} }, required: ['id'] } as const;

function boot(replies: ScriptedReply[]): Promise<TestingModule> {
  return Test.createTestingModule({ imports: [createDuoTestingModule({ replies })] }).compile();
}

// RFC 8259, section 6: integers outside of -(2^53)+1 to (2^53)-1 are not interoperable; JSON.parse rounds them in silence.
describe('A structured answer that cannot be stored exactly', () => {
  it.each([
    ['an integer beyond 2^53', long, 'its number 12345678901234567890 has more digits than a JSON number keeps'],
    ['more than 1,000 levels', deep, 'it is nested deeper than 1,000 levels'],
    ['the same in a block of code', `Here:\n\`\`\`json\n${long}\n\`\`\``, 'its number 12345678901234567890'],
  ])('is corrected if it has %s, and never rounded', async (_what, wrong, problem) => {
    const app = await boot([wrong, '{"id":"12345678901234567890"}']);
    const { parsed, text } = await app.get(DuoService).chat().ask('Who?', { schema });
    expect([parsed, text]).toEqual([{ id: '12345678901234567890' }, '{"id":"12345678901234567890"}']);
    const correction = app.get(DuoScript).requests[1]?.messages.at(-1)?.parts.at(-1);
    expect(correction).toEqual({ type: 'prompt', text: expect.stringContaining(problem) });
    await app.close();
  });

  it.each([long, deep])('is a schema mismatch if it stays wrong', async (wrong) => {
    const app = await boot([wrong, wrong]);
    const asked = app.get(DuoService).chat().ask('Who?', { schema });
    await expect(asked).rejects.toMatchObject({ code: 'schema_mismatch' });
    await app.close();
  });
});

describe('A host value that is circular or nested too deeply', () => {
  it('is refused as an invalid argument, not as an internal error', async () => {
    const app = await Test.createTestingModule({ imports: [GitlabDuoModule.forRoot({ apiKey: 'any' })] }).compile();
    const duo = app.get(DuoService);
    const nested = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as [];
    const circular: Record<string, unknown> = {};
    circular.itself = circular;
    for (const value of [nested, circular as unknown as []]) {
      expect(() => duo.chat({ params: { vendor: value } })).toThrow(
        expect.objectContaining({ code: 'validation_failed', message: expect.stringContaining('1,000 levels') }),
      );
      expect(() => duo.chat().withParams({ vendor: value })).toThrow(
        expect.objectContaining({ code: 'validation_failed' }),
      );
    }
    await app.close();
  });
});
