import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ConsoleLogger, Logger } from '@nestjs/common';
import { GatewayAuthError, RateLimitError, UpstreamError } from '../../../src/errors/upstream.errors.js';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import {
  type ModelEvent,
  type ModelRequest,
  type ToolChoice,
  type ToolDefinition,
} from '../../../src/messages/model-request.interface.js';
import { EventSanitizer } from '../../../src/router/event-sanitizer.js';
import { RetryPolicy } from '../../../src/router/retry-policy.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { user, weather } from '../delegates/conversation.js';
import { type Client, clientOf } from '../gateway/client.js';

const MODELS = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'];

const tool = (fields: Partial<Record<keyof ToolDefinition, unknown>> = {}): ToolDefinition =>
  ({ name: 'look', description: 'Looks', parameters: { type: 'object', properties: {} }, ...fields }) as ToolDefinition;
const withParameters = (parameters: unknown): ToolDefinition => tool({ parameters });

describe('The check of a request', () => {
  let sandbox: Sandbox;
  let client: Client;

  beforeAll(async () => {
    sandbox = await startSandbox({ chunkDelayMs: 0 });
    client = clientOf(sandbox.url, { retries: { tries: 1 } });
  });
  beforeEach(() => {
    sandbox.reset();
  });
  afterAll(async () => {
    await client.close();
    await sandbox.close();
  });

  describe.each(MODELS)('A request to %s', (model) => {
    const request = (more: Partial<ModelRequest>): ModelRequest => ({ model, messages: [user('Hi')], ...more });

    /** Pushed and pulled alike fail before any request leaves, the exchange of the token included. */
    async function expectRefusal(more: Partial<ModelRequest>, message: string): Promise<void> {
      const refusal = { code: 'validation_failed', message: expect.stringContaining(message) };
      const { error } = await client.router.route(request(more), { onEvents: () => undefined });
      expect(error).toMatchObject(refusal);
      await expect(client.router.stream(request(more)).next()).rejects.toMatchObject(refusal);
      expect(sandbox.calls.exchanges + Object.values(sandbox.calls.requests).reduce((sum, calls) => sum + calls)).toBe(
        0,
      );
    }

    it.each<[string, ToolDefinition, string]>([
      ['a name with a dot', tool({ name: 'a.b' }), 'its name "a.b" is not one that the vendors take: set name to'],
      ['a name of 65 letters', tool({ name: 'x'.repeat(65) }), 'is not one that the vendors take'],
      ['no name', tool({ name: undefined }), 'is not one that the vendors take'],
      ['no description', tool({ description: ' ' }), 'it has no description: tell the model what it does'],
      ['a list at the top', withParameters({ type: 'array', items: {} }), 'have the type "array" at their top'],
      ['a choice at the top', withParameters({ type: 'object', anyOf: [{}] }), 'have "anyOf" at their top'],
      ['nothing at the top', withParameters({}), 'have the type null at their top'],
      ['no parameters', withParameters(undefined), 'has no JSON Schema for the model'],
      [
        'a property that Claude cannot name',
        withParameters({ type: 'object', properties: { 'city of birth': {} } }),
        'the property "city of birth", whose name Claude refuses: use letters',
      ],
      [
        'an array of nothing',
        withParameters({ type: 'object', properties: { a: { type: 'array' } } }),
        'an array at "a" that does not say what its items are, which OpenAI refuses: add items',
      ],
      ['no JSON Schema', withParameters({ type: 'object', required: 'a' }), 'The schema is no valid JSON Schema'],
      [
        'a reference to nothing',
        withParameters({ type: 'object', properties: { a: { $ref: '#/$defs/b' } } }),
        'The schema is no valid JSON Schema',
      ],
      [
        'another dialect',
        withParameters({ type: 'object', $schema: 'http://json-schema.org/draft-04/schema#' }),
        'Write it in the dialect 2020-12',
      ],
    ])('is refused before it is sent if a tool has %s', async (_what, given, message) => {
      await expectRefusal({ tools: [tool({ name: 'fine' }), given] }, message);
      await expectRefusal({ tools: [given] }, 'The tool ');
    });

    it('is refused before it is sent if two tools share a name', async () => {
      await expectRefusal({ tools: [tool(), tool()] }, 'Two tools of the request have the name "look"');
    });

    it.each<[string, JsonObject, string]>([
      [
        'of a list',
        { type: 'array', items: {} },
        'The models answer with one object, and this schema has the type "array"',
      ],
      ['with a choice at the top', { type: 'object', oneOf: [{}] }, 'this schema has "oneOf" at its top'],
      ['that is not valid', { type: 'object', required: 'a' }, 'The schema is no valid JSON Schema'],
    ])('is refused before it is sent if the answer schema is %s', async (_what, outputSchema, message) => {
      await expectRefusal({ outputSchema }, message);
    });

    it('is answered if its tools only omit optional fields', async () => {
      const tools = [
        withParameters({ type: 'object' }),
        tool({
          name: 'a-b_C1',
          parameters: { type: 'object', properties: { 'a.b': { type: 'object' } }, required: ['c'] },
        }),
      ];
      for (const _again of [1, 2]) {
        const { error, answer } = await client.router.route(request({ tools }), { onEvents: () => undefined });
        expect([error, answer.finishReason]).toEqual([undefined, 'stop']);
      }
    });
  });
});

const clock = { ...weather, name: 'clock' };
const warnings: string[] = [];

describe('Traits of a model', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  beforeEach(() => {
    warnings.length = 0;
    const warn: ConsoleLogger['warn'] = (message: string) => void warnings.push(message);
    Logger.overrideLogger({ warn, log: () => undefined, error: () => undefined });
  });
  afterAll(async () => {
    Logger.overrideLogger(false);
    await sandbox.close();
  });

  async function using(today: string, work: (client: Client) => Promise<void>): Promise<void> {
    const client = clientOf(sandbox.url, { retries: { tries: 1 } }, () => today);
    try {
      await work(client);
    } finally {
      await client.close();
    }
  }

  describe('A model that refuses forced tools', () => {
    // "What's new in Claude Fable 5.1": tool_choice "tool" and "any" are answered with a 400.
    const ask = (model: string, toolChoice: ToolChoice) =>
      using('2026-11-30', async ({ router }) => {
        const request = { model, messages: [user('Hello')], params: { toolChoice }, tools: [weather, clock] };
        const { error } = await router.route(request, { onEvents: () => undefined });
        if (error !== undefined) throw error as Error;
      });
    const body = () => sandbox.calls.lastRequests['anthropic-messages']?.body as JsonObject;
    const said = () => (body().messages as { content: { text: string }[] }[]).at(-1)?.content.map(({ text }) => text);

    it.each(['duo-chat-opus-5-5', 'duo-chat-sonnet-5-5', 'duo-chat-fable-5-1'])(
      'receives the request to call %s in words',
      async (model) => {
        await ask(model, 'required');
        expect(body().tool_choice).toEqual({ type: 'auto' });
        expect(said()).toEqual([
          'Hello',
          'Call at least one of these tools now, before you say anything else: "weather", "clock".',
        ]);
        await ask(model, { tool: 'clock' });
        expect(body().tool_choice).toEqual({ type: 'auto' });
        expect(said()).toEqual(['Hello', 'Call the tool "clock" now, before you say anything else.']);
        // The same set as without the choice: thinking is bound to it.
        expect(new Set((body().tools as { name: string }[]).map(({ name }) => name))).toEqual(
          new Set(['weather', 'clock']),
        );
      },
    );

    it('receives no such words without a forced tool, and other models are forced', async () => {
      await ask('duo-chat-opus-5-5', 'none');
      expect(body().tool_choice).toEqual({ type: 'none' });
      expect(said()).toEqual(['Hello']);
      await ask('duo-chat-fable-5', 'required');
      expect(body().tool_choice).toEqual({ type: 'any' });
      expect(said()).toEqual(['Hello']);
    });
  });

  describe('A model with an end of life', () => {
    const use = async ({ router }: Client, ...models: string[]) => {
      for (const model of models)
        await router.route({ model, messages: [user('Hello')] }, { onEvents: () => undefined });
    };

    it('causes one warning, which names a replacement', () =>
      using('2026-11-30', async (client) => {
        await use(client, 'duo-chat-sonnet-4-5', 'duo-chat-opus-4-5', 'duo-chat-sonnet-4-6', 'duo-chat-sonnet-4-5');
        expect(warnings).toEqual([
          'The model "duo-chat-sonnet-4-5" is past its end of life (2026-11-30): its vendor may refuse it at any time. Use "duo-chat-sonnet-4-6" instead.',
          'The model "duo-chat-opus-4-5" reaches its end of life on 2027-01-22. Use "duo-chat-opus-4-6" instead.',
        ]);
      }));

    it('causes a warning in each application of a process, with another text before its day', async () => {
      const warning =
        'The model "duo-chat-sonnet-4-5" reaches its end of life on 2026-11-30. Use "duo-chat-sonnet-4-6" instead.';
      for (const expected of [[warning], [warning, warning]]) {
        await using('2026-11-29', async (client) => {
          await use(client, 'duo-chat-sonnet-4-5', 'duo-chat-sonnet-4-5');
          expect(warnings).toEqual(expected);
        });
      }
    });
  });
});

const text = (piece: string): ModelEvent => ({ type: 'text-delta', text: piece });
const thought = (piece: string): ModelEvent => ({ type: 'reasoning-delta', text: piece });

/** What becomes of events that come one read after the other. */
function clean(...reads: ModelEvent[][]): ModelEvent[] {
  const storable = new EventSanitizer();
  return reads.flatMap((events) => storable.sanitize(events));
}

describe('EventSanitizer', () => {
  it('does not change clean text', () => {
    const events = [text('Voilà 🙂'), thought('Hm')];
    expect(new EventSanitizer().sanitize(events)).toBe(events);
  });

  it('joins a split surrogate pair, within one read or across two', () => {
    expect(clean([text('a\ud83d'), text('\ude00b')])).toEqual([text('a'), text('😀b')]);
    expect(clean([text('\ud83d')], [text('\ude00')], [text('b')])).toEqual([text('😀'), text('b')]);
  });

  it('replaces a lone surrogate', () => {
    expect(clean([text('a\ud83d')], [text('b')])).toEqual([text('a'), text('\ufffdb')]);
    expect(clean([text('\ude00b')])).toEqual([text('\ufffdb')]);
    expect(clean([text('\ud83d'), thought('\ude00')])).toEqual([thought('\ufffd')]);
  });

  it('removes NUL from texts and calls', () => {
    const call: ModelEvent = { type: 'tool-call', id: 'c', name: 'look', arguments: { at: ['a\0b', '\ud83d'] } };
    expect(clean([text('a\0b'), text('\0'), call])).toEqual([
      text('ab'),
      { ...call, arguments: { at: ['ab', '\ufffd'] } },
    ]);
  });
});

const transient = new UpstreamError('no', { isRetryable: true });
const policy = (tries = 10, budgetMs = 60_000) => new RetryPolicy({ tries, budgetMs });

describe('RetryPolicy', () => {
  it('backs off exponentially, with full jitter, up to 8 s', () => {
    const bounds = [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000];
    const runs = Array.from({ length: 500 }, () => {
      const fresh = policy();
      return bounds.map(() => fresh.delayAfter(transient) ?? NaN);
    });
    for (const [index, bound] of bounds.entries()) {
      const highest = Math.max(...runs.map((delays) => delays[index] ?? NaN));
      expect(highest).toBeLessThan(bound);
      expect(highest).toBeGreaterThan(bound * 0.9);
    }
    expect(Math.min(...Array.from({ length: 500 }, () => policy().delayAfter(transient) ?? NaN))).toBeLessThan(50);
  });

  it('limits the number of tries, including the first', () => {
    const three = policy(3);
    expect([1, 2, 3].map(() => three.delayAfter(transient) !== null)).toEqual([true, true, false]);
  });

  it('waits as long as the upstream asks for, within the budget', () => {
    const wait = (retryAfterMs: number) => new RateLimitError('no', { isRetryable: true, retryAfterMs });
    expect(policy().delayAfter(wait(30_000))).toBe(30_000);
    expect(policy().delayAfter(wait(60_001))).toBeNull();
  });

  it('retries a rejected credential once, after a delay', () => {
    const refused = new GatewayAuthError('no', { isRetryable: true });
    const fresh = policy();
    const delay = fresh.delayAfter(refused);
    expect(delay).toBeGreaterThanOrEqual(500);
    expect(delay).toBeLessThan(1_000);
    expect(fresh.delayAfter(refused)).toBeNull();
  });

  it('does not retry a permanent error', () => {
    expect(policy().delayAfter(new UpstreamError('no'))).toBeNull();
    expect(policy().delayAfter(new Error('no'))).toBeNull();
  });
});
