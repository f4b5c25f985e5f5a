import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerSchema } from '../../../src/conversation/answer-schema.js';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { type Delegate } from '../../../src/delegates/delegate.interface.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { GitlabDuoError } from '../../../src/errors/gitlab-duo.error.js';
import { type ImmutableMessage } from '../../../src/messages/immutable-message.js';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelMessage } from '../../../src/messages/message.interface.js';
import {
  type ModelParams,
  type ModelRequest,
  type ToolDefinition,
} from '../../../src/messages/model-request.interface.js';
import { textOf } from '../../../src/messages/text.js';
import { type Model } from '../../../src/models/model.interface.js';
import { DelegateRegistry } from '../../../src/router/delegates.service.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { type SchemaSource } from '../../../src/schemas/schema.interface.js';
import { toolDefinition } from '../../../src/tools/tool-definition.js';
import { casesOf, generator } from '../random.js';
import { SandboxClient } from '../sandbox/sandbox-client.js';
import { assistant, call, result, user } from './conversation.js';
import { feed, recorded, spoken } from './feed.js';
import { addition, body, changed, fromScratch, settled } from './growing-chat.js';
import { modelOf } from './models.js';
import { randomSchema } from './random-schema.js';
import { contorted, cut, damaged } from './stream-mutations.js';
import { encrypted, redacted, signed } from './thoughts.js';
import { readWire, RECORDED_ANSWERS, RECORDED_FAILURES, recordedBytes, type WireOutcome } from './wire.js';

const CASES = casesOf(3_000);

/** The data of the events in these bytes, by the letter of the standard and with no care for speed. */
function eventsOf(stream: Buffer): string[] {
  const lines = new TextDecoder().decode(stream).split(/\r\n|\r|\n/);
  lines.pop();
  const events: string[] = [];
  let data: string[] = [];
  for (const line of lines) {
    if (line === '') {
      if (data.length > 0) events.push(data.join('\n'));
      data = [];
    } else if (line === 'data') data.push('');
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  }
  return events;
}

/** How many replacement characters a broken byte sequence becomes is nobody's business. */
function comparable({ events, answer, error }: WireOutcome): string {
  const { message } = (error ?? {}) as { message?: string };
  return JSON.stringify({ events, answer, message }).replaceAll(/\uFFFD+/g, '\uFFFD');
}

/** What must hold of any outcome; returns what does not. */
function wrongWith({ events, answer, error }: WireOutcome): string | undefined {
  const calls = answer.parts.filter((part) => part.type === 'tool-call');
  if (error !== undefined && !(error instanceof GitlabDuoError)) return `a stray error: ${inspect(error)}`;
  if (error !== undefined) return calls.length > 0 ? 'a call in an answer that failed' : undefined;
  // Where a damaged stream mixes up the order of its texts, the paragraph breaks between them are others.
  const lengthOf = (text: string, type: 'text' | 'reasoning'): number =>
    (type === 'text' ? text.replaceAll('\n\n', '') : text).length;
  for (const type of ['text', 'reasoning'] as const) {
    const told = events.map((said) => (said.type === `${type}-delta` && 'text' in said ? said.text : '')).join('');
    const thought = answer.parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
    const kept = type === 'text' ? textOf(answer.parts) : thought;
    if (lengthOf(told, type) !== lengthOf(kept, type))
      return `${told.length} characters in each ${type}-delta, and ${kept.length} in the answer`;
  }
  const toldCalls = events.filter((event) => event.type === 'tool-call');
  const byId = (left: { id: string }, right: { id: string }) => (left.id < right.id ? -1 : 1);
  if (JSON.stringify([...toldCalls].sort(byId)) !== JSON.stringify([...calls].sort(byId)))
    return 'other calls in the events than in the answer';
  if (answer.finishReason === 'tool-calls' && calls.length === 0) return 'no calls to wait for';
  if (calls.some((call) => typeof call.arguments !== 'object' || call.id === '' || call.name === ''))
    return 'a call that cannot run';
  const counts = Object.values(answer.usage);
  if (counts.some((count) => !Number.isInteger(count) || count < 0 || count > 2 ** 31)) return 'an impossible usage';
  return undefined;
}

function recordedOf(delegate: Delegate): Buffer[] {
  return [...RECORDED_ANSWERS, ...RECORDED_FAILURES]
    .filter(([, owner]) => owner === delegate)
    .map(([name]) => recordedBytes(name));
}

describe.each([
  ['Anthropic', anthropicDelegate],
  ['Chat Completions', openaiChatDelegate],
  ['Responses', openaiResponsesDelegate],
])('A fuzzed stream of %s', (_name, delegate) => {
  const streams = recordedOf(delegate);

  it('gives an error or an answer for damaged bytes, the same for any split', async () => {
    let failures = 0;
    for (let seed = 1; seed <= CASES; seed += 1) {
      const below = generator(seed);
      let stream = streams[below(streams.length)] ?? Buffer.alloc(0);
      for (let times = below(4); times > 0; times -= 1) stream = damaged(stream, below);
      const outcome = await readWire(delegate, cut(stream, below));
      const expected = feed(delegate, eventsOf(stream));
      const wrong = wrongWith(outcome);
      if (wrong !== undefined) throw new Error(`Seed ${seed}: ${wrong}`);
      if (outcome.error !== undefined) failures += 1;
      const error = expected.isDone ? undefined : (expected.error ?? outcome.error);
      const [read, reference] = [comparable(outcome), comparable({ ...expected, error })];
      if (read !== reference || (outcome.error === undefined) !== expected.isDone)
        expect([seed, read]).toEqual([seed, reference]);
    }
    expect(failures).toBeGreaterThan(CASES / 10);
    expect(failures).toBeLessThan(CASES * 0.9);
  });

  it('gives an error or an answer for damaged events', () => {
    let failures = 0;
    for (let seed = 1; seed <= CASES; seed += 1) {
      const below = generator(seed);
      let events = eventsOf(streams[below(streams.length)] ?? Buffer.alloc(0));
      for (let times = 1 + below(3); times > 0 && events.length > 0; times -= 1) events = contorted(events, below);
      const { isDone, error, ...outcome } = feed(delegate, events);
      const wrong = wrongWith({ ...outcome, error: isDone ? undefined : (error ?? undefined) });
      if (wrong !== undefined && (isDone || error !== undefined))
        throw new Error(`Seed ${seed}: ${wrong}\n${events.join('\n')}`);
      if (!isDone) failures += 1;
    }
    expect(failures).toBeGreaterThan(CASES / 10);
    expect(failures).toBeLessThan(CASES * 0.9);
  });
});

/** How often each form of a stream is cut at random. */
const ROUNDS = casesOf(20);

const isCall = ({ type }: { type: string }) => type === 'tool-call';

/** Cheaper than a matcher, for outcomes of which there are thousands. */
function expectCut({ error, answer }: WireOutcome, end: number): void {
  const { code, isRetryable } = error as { code?: unknown; isRetryable?: unknown };
  if (code === 'upstream_error' && isRetryable === true && !answer.parts.some(isCall)) return;
  throw new Error(`Cut at ${end}: ${JSON.stringify({ error, answer })}`);
}

const forms: [string, (text: string) => string][] = [
  ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['lone CR', (text) => text.replaceAll('\n', '\r')],
  ['a byte order mark', (text) => `\uFEFF${text}`],
  ['data of many lines', (text) => text.replaceAll(/^data: \{/gm, 'data: {\ndata:\ndata:')],
  ['comments', (text) => text.replaceAll(/^data/gm, ': a comment\n:\ndata')],
  ['no space after the colon', (text) => text.replaceAll(/^(data|event): /gm, '$1:')],
  ['ids, retries and unknown fields', (text) => text.replaceAll(/^data/gm, 'id: 7\nretry: 10\nretry: x\nfoo\ndata')],
  ['all of these', (text) => `\uFEFF${text.replaceAll(/^data: \{/gm, ':\ndata:{\ndata:')}`.replaceAll('\n', '\r\n')],
];

describe.each(RECORDED_ANSWERS)('The bytes of %s', (name, delegate) => {
  const stream = recordedBytes(name);
  const read = (...reads: Buffer[]) =>
    readWire(
      delegate,
      reads.map((piece) => [piece]),
    );
  const bytes = (whole: Buffer) => [...whole].map((byte) => Buffer.of(byte));

  it('give an answer as a whole', async () => {
    const { error, answer } = await read(stream);
    expect(error).toBeUndefined();
    expect(answer.parts).not.toEqual([]);
  });

  it('fail with a retryable error if truncated anywhere', async () => {
    const whole = await read(stream);
    for (let end = 0; end < stream.length; end += 1) {
      const outcome = await read(stream.subarray(0, end));
      expectCut(outcome, end);
      const { events } = outcome;
      if (JSON.stringify(events) !== JSON.stringify(whole.events.slice(0, events.length)))
        expect([end, events]).toEqual([end, whole.events]);
    }
  });

  it('give the same answer if split in two anywhere', async () => {
    const whole = JSON.stringify(await read(stream));
    for (let at = 1; at < stream.length; at += 1) {
      const outcome = JSON.stringify(await read(stream.subarray(0, at), stream.subarray(at)));
      if (outcome !== whole) expect([at, outcome]).toEqual([at, whole]);
    }
  });

  it('give the same answer one byte at a time', async () => {
    expect(await read(...bytes(stream))).toEqual(await read(stream));
  });

  it.each(forms)('give the same answer with %s', async (_form, change) => {
    const changed = Buffer.from(change(stream.toString('utf8')));
    expect(changed.equals(stream)).toBe(false);
    const whole = await read(stream);
    expect(await read(changed)).toEqual(whole);
    expect(await read(...bytes(changed))).toEqual(whole);
    const below = generator(changed.length);
    for (let round = 0; round < ROUNDS; round += 1)
      expect(await readWire(delegate, cut(changed, below))).toEqual(whole);
  });
});

describe.each(RECORDED_FAILURES)('The failing bytes of %s', (name, delegate, code) => {
  const stream = recordedBytes(name);

  it('fail with an error, a retryable one if truncated', async () => {
    for (let end = 0; end < stream.length; end += 1)
      expectCut(await readWire(delegate, [[stream.subarray(0, end)]]), end);
    const { error } = await readWire(delegate, [[stream]]);
    expect(error).toMatchObject({ code, isRetryable: true });
  });
});

describe.each(RECORDED_ANSWERS)('The recorded stream %s', (name, delegate) => {
  const stream = recorded(name);
  const whole = feed(delegate, stream);

  it('has the same text in its deltas and its answer', () => {
    const { parts } = whole.answer;
    const texts = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    const thoughts = parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
    const byId = (left: { id: string }, right: { id: string }) => left.id.localeCompare(right.id);
    const calls = parts.filter((part) => part.type === 'tool-call').sort(byId);
    expect(spoken(whole.events, 'text-delta')).toBe(texts);
    expect(spoken(whole.events, 'reasoning-delta')).toBe(thoughts);
    expect(whole.events.filter((event) => event.type === 'tool-call').sort(byId)).toEqual(calls);
    expect(whole).toMatchObject({ isDone: true, error: undefined });
  });

  it('gives no answer and no tool call if it is truncated anywhere', () => {
    for (let end = 0; end < stream.length; end++) {
      const cut = feed(delegate, stream.slice(0, end));
      expect(cut).toMatchObject({ isDone: false, error: undefined });
      expect(cut.answer.parts.filter((part) => part.type === 'tool-call')).toEqual([]);
      expect(cut.events).toEqual(whole.events.slice(0, cut.events.length));
    }
  });

  it('ignores events after its end', () => {
    expect(feed(delegate, [...stream, 'garbage', ...stream])).toEqual(whole);
  });

  it('gives the same answer each time', () => {
    const parser = delegate.createParser();
    const answers = stream.map((data) => {
      parser.push(data, []);
      return parser.answer();
    });
    expect(answers.at(-1)).toEqual(whole.answer);
    expect(parser.answer()).toEqual(whole.answer);
  });
});

describe.each([
  ['Anthropic', anthropicDelegate],
  ['Chat Completions', openaiChatDelegate],
  ['Responses', openaiResponsesDelegate],
])('%s', (_name, delegate) => {
  it.each(['<html>', 'null', '"text"', '42', '{"type":'])('refuses the event %j', (data) => {
    const { error } = feed(delegate, [data]);
    expect(error).toMatchObject({ name: 'UpstreamError', code: 'upstream_error', isRetryable: true });
  });

  it.each([{}, [], { type: 'novelty', delta: null }, { choices: [null], usage: null }, '', ' '])(
    'ignores %j',
    (data) => {
      expect(feed(delegate, [data])).toMatchObject({ events: [], isDone: false, error: undefined });
    },
  );
});

const CHATS = casesOf(25);
const CHANGES = 12;

const settings: ModelParams[] = [
  {},
  { thinking: { effort: 'high' } },
  { thinking: { budgetTokens: 2_000 }, toolChoice: 'required' },
  { temperature: 0.3, toolCalls: 'one' },
];

/** What the model is asked to continue: the user's words, or what came of its calls. */
function ending(below: (bound: number) => number): ModelMessage[] {
  const name = `e${below(2 ** 31)}`;
  const endings: (() => ModelMessage[])[] = [
    () => [user('And now?')],
    () => [user('And now?'), user('Well?')],
    () => [user('Go'), assistant(call('z'), call('y')), result('z', 'fine')],
    () => [user('Go'), assistant(signed(), 'Wait.', call('z')), result('z', 'fine'), user('Hurry')],
    () => [user('Go'), assistant(redacted(name), call('z')), result('z', ' ', true)],
    () => [user('Go'), assistant(encrypted(name), call('z')), result('z', 'fine')],
    () => [user('Go'), assistant(signed(), call('z')), result('z', '1'), assistant(call('z')), result('z', '2')],
  ];
  return endings[below(endings.length)]?.() ?? [];
}

describe('Random histories', () => {
  /** One model of each kind: with a budget to think, thinking as it likes, and of the two APIs of OpenAI. */
  const models = [
    'duo-chat-sonnet-4-6',
    'duo-chat-haiku-4-5',
    'duo-chat-opus-4-6',
    'duo-chat-opus-5',
    'duo-chat-opus-5-5',
    'duo-chat-sonnet-5-5',
    'duo-chat-gpt-5-2',
    'duo-chat-gpt-5-6-sol',
  ].map(modelOf);

  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });
  afterAll(() => sandbox.close());

  /** Why the vendor refuses a request; nothing where it answers. */
  async function refusal(model: Model, sent: string): Promise<string> {
    const init = { method: 'POST', headers: client.headers, body: sent };
    const response = await fetch(client.url(model.api), init);
    const text = await response.text();
    return response.status === 200 ? '' : `${response.status} ${text}`;
  }

  it.each(models)('are accepted for $id, rendered incrementally or at once', async (model) => {
    for (let seed = 1; seed <= CHATS; seed += 1) {
      const below = generator(seed);
      let history: ImmutableMessage[] = [];
      for (let change = 1; change <= CHANGES; change += 1) {
        history = below(3) === 0 ? changed(history, below) : [...history, ...addition(below).map(settled)];
        const params = settings[below(settings.length)] ?? {};
        const asked = [...history, ...ending(below)];
        const sent = body(model, asked, params);
        const context = { seed, change, params };
        expect({ ...context, sent }).toEqual({ ...context, sent: body(model, fromScratch(asked), params) });
        expect({ ...context, refusal: await refusal(model, sent) }).toEqual({ ...context, refusal: '' });
      }
    }
  });
});

const delegates = new DelegateRegistry();

const SCHEMAS = casesOf(200);

/** A schema as it is made ready at start; undefined where that refuses it. */
function ready<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^(invalid_configuration|validation_failed)$/) });
    return undefined;
  }
}

/** How a request asks for an answer of a schema. */
function formOf({ output_config: config, tools, text, response_format: format }: JsonObject): string {
  const openai = JSON.stringify(text ?? format ?? '');
  if (openai.includes('"strict":true')) return 'strict';
  if (openai.includes('"strict":false')) return 'wish';
  if (config !== undefined) return 'format';
  return tools === undefined ? 'words' : 'tool';
}

// Sources of the rules: src/delegates/schema-dialects.ts.
describe('Random schemas', () => {
  /** One model of each API. */
  const models = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'].map(modelOf);

  let sandbox: Sandbox;
  let client: SandboxClient;
  let answers: { seed: number; schema: JsonObject }[];
  let tools: { seed: number; tool: ToolDefinition }[];

  beforeAll(async () => {
    sandbox = await startSandbox({ chunkDelayMs: 0 });
    client = await SandboxClient.connect(sandbox);
    const seeds = Array.from({ length: SCHEMAS }, (_, seed) => seed);
    answers = seeds.flatMap((seed) => {
      const schema = ready(() => answerSchema(randomSchema(seed) as SchemaSource).jsonSchema);
      return schema === undefined ? [] : [{ seed, schema }];
    });
    tools = answers.flatMap(({ seed, schema }) => {
      const tool = ready(() => toolDefinition('random', 'A tool', schema));
      return tool === undefined ? [] : [{ seed, tool }];
    });
  });
  afterAll(() => sandbox.close());

  /** Why the vendor refuses a request; nothing where it answers. */
  async function refusal(model: Model, request: Omit<ModelRequest, 'model' | 'messages'>): Promise<string> {
    const { body } = delegates.get(model).render(model, { model: model.id, messages: [user('Hi')], ...request });
    const response = await fetch(client.url(model.api), { method: 'POST', headers: client.headers, body });
    const text = await response.text();
    return response.status === 200 ? '' : text;
  }

  it.each(models)('are accepted by $id for an answer, as a grammar if it supports them', async (model) => {
    const forms = new Map<string, number>();
    for (const { seed, schema } of answers) {
      const said = await refusal(model, { outputSchema: schema });
      if (said !== '') throw new Error(`Seed ${seed}: ${said.slice(0, 1_000)}`);
      const form = formOf(sandbox.calls.lastRequests[model.api]?.body as JsonObject);
      forms.set(form, (forms.get(form) ?? 0) + 1);
    }
    expect([...forms.keys()].sort()).toEqual(
      model.vendor === 'anthropic' ? ['format', 'tool', 'words'] : ['strict', 'wish'],
    );
    for (const count of forms.values()) expect(count).toBeGreaterThan(SCHEMAS / 100);
  });

  it.each(models)('are accepted by $id for a tool, unless startup has refused them', async (model) => {
    expect(tools.length).toBeGreaterThan(SCHEMAS / 3);
    for (const { seed, tool } of tools) {
      const said = await refusal(model, { tools: [tool] });
      if (said !== '') throw new Error(`Seed ${seed}: ${said.slice(0, 1_000)}`);
    }
  });
});
