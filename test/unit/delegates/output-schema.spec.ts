import { describe, expect, it } from '@jest/globals';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelParams, type ModelRequest } from '../../../src/messages/model-request.interface.js';
import { type Model } from '../../../src/models/model.interface.js';
import { DelegateRegistry } from '../../../src/router/delegates.service.js';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { system, user, weather } from './conversation.js';
import { feed, spoken } from './feed.js';
import { adaptiveClaude, budgetClaude, chatGpt, responsesGpt } from './models.js';
import { rendered } from './rendered.js';

const delegates = new DelegateRegistry();

const closed = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
});
const of = (property: JsonObject): JsonObject => closed({ a: property });

const text: JsonObject = { type: 'string' };
const many = (count: number, schema: JsonObject = text, more: JsonObject = {}): JsonObject =>
  closed(Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, schema])), more);
const nested = (levels: number): JsonObject => (levels === 0 ? text : of(nested(levels - 1)));
const enumOf = (count: number, length: number): JsonObject =>
  of({ type: 'string', enum: Array.from({ length: count }, (_, index) => String(index).padStart(length, 'v')) });
const nullable: JsonObject = { type: ['string', 'null'] };
const leaf = (more: JsonObject, definition: JsonObject = of(text)): JsonObject =>
  closed({ a: { $ref: '#/$defs/b', ...more } }, { $defs: { b: definition } });

const plain = of({ type: 'string', description: 'A city.' });
const open: JsonObject = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };

/** Schemas, and which grammars take them as they are. */
const schemas: [what: string, schema: JsonObject, takenBy: ('claude' | 'gpt')[]][] = [
  ['a closed object', plain, ['claude', 'gpt']],
  ['its dialect', { $schema: 'https://json-schema.org/draft/2020-12/schema', ...plain }, ['claude', 'gpt']],
  ['choices and constants', of({ anyOf: [{ const: 'x', type: 'string' }, { type: 'null' }] }), ['claude', 'gpt']],
  ['an enumeration', of({ type: ['string', 'null'], enum: ['x', null] }), ['claude', 'gpt']],
  ['a list of closed objects', of({ type: 'array', items: of({ type: 'number' }) }), ['claude', 'gpt']],
  ['a format', of({ type: 'string', format: 'date-time' }), ['claude', 'gpt']],
  [
    'references',
    closed({ a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/b' } }, { $defs: { b: of({ type: 'null' }) } }),
    ['claude', 'gpt'],
  ],
  ['an optional property', closed({ a: { type: 'string' } }, { required: [] }), ['claude']],
  ['a default', of({ type: 'string', default: 'x' }), ['claude']],
  ['bounds', of({ type: 'integer', minimum: 1 }), ['gpt']],
  ['lengths of lists', of({ type: 'array', items: { type: 'string' }, minItems: 2 }), ['gpt']],
  ['recursion', of({ anyOf: [{ $ref: '#' }, { type: 'null' }] }), ['gpt']],
  [
    'recursion by a definition',
    closed({ a: { $ref: '#/$defs/b' } }, { $defs: { b: { type: 'array', items: { $ref: '#/$defs/b' } } } }),
    ['gpt'],
  ],
  ['an open object', open, []],
  ['an open object within', of(open), []],
  ['an open object in a list', of({ type: 'array', items: open }), []],
  ['an open object in a choice', of({ anyOf: [open] }), []],
  ['an open definition', closed({ a: { $ref: '#/$defs/b' } }, { $defs: { b: open } }), []],
  ['an object or null, open', of({ type: ['object', 'null'] }), []],
  ['a record', of({ type: 'object', additionalProperties: { type: 'string' } }), []],
  ['lengths', of({ type: 'string', minLength: 1 }), []],
  ['a pattern', of({ type: 'string', pattern: '^a' }), []],
  ['a format of its own', of({ type: 'string', format: 'color' }), []],
  ['anything', of({}), []],
  ['a list of anything', of({ type: 'array' }), []],
  ['an enumeration of objects', of({ type: 'object', additionalProperties: false, enum: [{}] }), []],
  ['oneOf', of({ oneOf: [{ type: 'string' }] }), []],
  ['an open definition that nothing refers to', closed({ a: text }, { $defs: { b: open } }), []],
  ['a constant of another type', of({ type: 'string', const: 1 }), []],
  ['an enumeration of another type', of({ type: 'string', enum: ['x', null] }), []],
  ['a required property that is not named', closed({ a: text }, { required: ['a', 'b'] }), []],
  // OpenAI: "$ref cannot have keywords {'description'}".
  ['a description beside a reference', leaf({ description: 'A city.' }), []],
  ['a type beside a choice', of({ type: 'string', anyOf: [{ type: 'string' }] }), []],
  // Formats and lengths of lists: the lists of "Supported schemas" and of "JSON Schema limitations".
  ['an address of the web', of({ type: 'string', format: 'uri' }), ['claude']],
  ['a list that is not empty', of({ type: 'array', items: text, minItems: 1 }), ['claude', 'gpt']],
  // OpenAI: "Objects provided via 'anyOf' must not share identical first keys".
  ['choices with one first property', of({ anyOf: [of(text), of({ type: 'number' })] }), ['claude']],
  [
    'choices that a first constant tells apart',
    of({ anyOf: [of({ type: 'string', const: 'x' }), of({ type: 'string', enum: ['y', 'z'] })] }),
    ['claude', 'gpt'],
  ],
  [
    'choices with one first property by reference',
    closed({ a: { anyOf: [{ $ref: '#/$defs/b' }, of(text)] } }, { $defs: { b: of(text) } }),
    ['claude'],
  ],
  // Sizes that OpenAI takes: 5,000 properties, 10 levels, 1,000 values of enumerations with 15,000 characters where they
  // are more than 250, 120,000 characters of names and values.
  ['5,000 properties', many(5_000), ['claude', 'gpt']],
  ['5,001 properties', many(5_001), ['claude']],
  ['10 levels', nested(10), ['claude', 'gpt']],
  ['11 levels', nested(11), ['claude']],
  ['1,000 values', enumOf(1_000, 3), ['claude', 'gpt']],
  ['1,001 values', enumOf(1_001, 3), ['claude']],
  ['250 long values', enumOf(250, 70), ['claude', 'gpt']],
  ['251 long values', enumOf(251, 70), ['claude']],
  ['120,000 characters', of({ type: 'string', const: 'x'.repeat(119_999) }), ['claude', 'gpt']],
  ['120,001 characters', of({ type: 'string', const: 'x'.repeat(120_000) }), ['claude']],
  // "Schema complexity limits" of Claude: 24 optional properties and 16 unions, as often as they are used.
  ['24 optional properties', many(24, text, { required: [] }), ['claude']],
  ['25 optional properties', many(25, text, { required: [] }), []],
  ['16 unions', many(16, nullable), ['claude', 'gpt']],
  ['17 unions', many(17, nullable), ['gpt']],
  ['17 choices', many(17, { anyOf: [text, { type: 'null' }] }), ['gpt']],
  [
    'twice 13 optional properties by reference',
    closed({ a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/b' } }, { $defs: { b: many(13, text, { required: [] }) } }),
    [],
  ],
  // Claude: "Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'".
  ['a name within that is none to Claude', of(closed({ 'a b': text })), ['gpt']],
  ['a reference to nowhere', closed({ a: { $ref: '#/$defs/b' } }), []],
  ['a reference elsewhere', closed({ a: { $ref: 'https://example.com/b' } }, { $defs: {} }), []],
];

const render = (model: Model, schema: JsonObject, more: Partial<ModelRequest> = {}) =>
  rendered(delegates.get(model), model, { messages: [user('Where?')], outputSchema: schema, ...more });

describe.each(schemas)('The output schema of %s', (_what, schema, takenBy) => {
  it('is sent to Chat Completions as response_format, unabridged', () => {
    expect(render(chatGpt, schema)).toMatchObject({
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', schema, strict: takenBy.includes('gpt') },
      },
    });
  });

  it('is sent to Responses as text.format, unabridged', () => {
    expect(render(responsesGpt, schema)).toMatchObject({
      text: { format: { type: 'json_schema', name: 'answer', schema, strict: takenBy.includes('gpt') } },
    });
  });

  it('is sent to Claude as its output format, or else as a forced tool', () => {
    const body = render(budgetClaude, schema);
    if (takenBy.includes('claude')) {
      expect(body.output_config).toEqual({ format: { type: 'json_schema', schema } });
      expect(body).not.toHaveProperty('tools');
    } else {
      expect(body.tools).toEqual([{ name: 'answer', description: expect.any(String), input_schema: schema }]);
      expect(body.tool_choice).toEqual({ type: 'tool', name: 'answer', disable_parallel_tool_use: true });
      expect(body).not.toHaveProperty('output_config');
    }
  });
});

it.each([budgetClaude, adaptiveClaude, chatGpt, responsesGpt])('is absent for $id in a request for text', (model) => {
  const body = rendered(delegates.get(model), model, { messages: [user('Where?')] });
  for (const key of ['output_config', 'response_format', 'text', 'tools']) expect(body).not.toHaveProperty(key);
});

describe("Claude's output format", () => {
  const format = { type: 'json_schema', schema: plain };

  it('works with thinking, by effort or by budget', () => {
    const params = { thinking: { effort: 'low' as const } };
    expect(render(adaptiveClaude, plain, { params })).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low', format },
    });
    expect(render(budgetClaude, plain, { params })).toMatchObject({
      thinking: { type: 'enabled' },
      output_config: { format },
    });
  });

  it('works with tools, for every tool choice', () => {
    const params: ModelParams = { toolChoice: 'required' };
    const body = render(budgetClaude, plain, { tools: [weather], params });
    expect(body).toMatchObject({ output_config: { format }, tool_choice: { type: 'any' } });
    expect(body.tools).toHaveLength(1);
  });
});

describe("Claude's answer tool", () => {
  const tools = [weather];
  const names = (body: JsonObject) => (body.tools as { name: string }[]).map(({ name }) => name);

  it('joins the tools if the model must call one of them', () => {
    const body = render(budgetClaude, open, { tools, params: { toolCalls: 'one' } });
    expect(names(body)).toEqual(['answer', 'weather']);
    expect(body.tool_choice).toEqual({ type: 'any', disable_parallel_tool_use: true });
    expect(render(budgetClaude, open, { tools }).tool_choice).toEqual({ type: 'any' });
  });

  it('is the only tool if tool calls are forbidden', () => {
    const body = render(budgetClaude, open, { tools, params: { toolChoice: 'none' } });
    expect(names(body)).toEqual(['answer']);
    expect(body.tool_choice).toMatchObject({ type: 'tool', name: 'answer' });
  });

  it.each<ModelParams>([{ toolChoice: 'required' }, { toolChoice: { tool: 'weather' } }])(
    'is not offered while another tool is forced: %j',
    (params) => {
      expect(names(render(budgetClaude, open, { tools, params }))).toEqual(['weather']);
    },
  );

  it.each([budgetClaude, adaptiveClaude])('is not forced on a thinking model, which $id refuses', (model) => {
    const params: ModelParams = { thinking: { effort: 'low' } };
    const body = render(model, open, { params });
    expect(body).toMatchObject({ thinking: {}, tool_choice: { type: 'auto' } });
    expect(names(body)).toEqual(['answer']);
    expect(render(model, open, { tools, params }).tool_choice).toEqual({ type: 'auto' });
  });

  it('has a name that no other tool has', () => {
    const others = ['answer', 'answer_'].map((name) => ({ ...weather, name }));
    expect(names(render(budgetClaude, open, { tools: others }))).toEqual(['answer__', 'answer', 'answer_']);
  });
});

describe('The stream of an answer by the answer tool', () => {
  const request: ModelRequest = { model: 'x', messages: [], outputSchema: open, tools: [weather] };
  const block = (index: number, name: string, ...json: string[]) => [
    { type: 'content_block_start', index, content_block: { type: 'tool_use', id: `toolu_${index}`, name, input: {} } },
    ...json.map((piece) => ({
      type: 'content_block_delta',
      index,
      delta: { type: 'input_json_delta', partial_json: piece },
    })),
    { type: 'content_block_stop', index },
  ];
  const end = (reason: string) => [
    { type: 'message_delta', delta: { stop_reason: reason }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ];

  it('gives text and the finish reason stop', () => {
    const { answer, events } = feed(
      anthropicDelegate,
      [...block(0, 'answer', '', '{"a":', '"b"}'), ...end('tool_use')],
      request,
    );
    expect(spoken(events, 'text-delta')).toBe('{"a":"b"}');
    expect(events.map(({ type }) => type)).toEqual(['text-delta', 'text-delta']);
    expect(answer).toMatchObject({ parts: [{ type: 'text', text: '{"a":"b"}' }], finishReason: 'stop' });
  });

  it('gives an empty object without input', () => {
    const { answer } = feed(anthropicDelegate, [...block(0, 'answer'), ...end('tool_use')], request);
    expect(answer.parts).toEqual([{ type: 'text', text: '{}' }]);
  });

  it('gives the input of the start event', () => {
    const [begun, stopped] = block(0, 'answer');
    const whole = { ...begun, content_block: { type: 'tool_use', id: 'a', name: 'answer', input: { a: 'b' } } };
    const { answer, events } = feed(anthropicDelegate, [whole, stopped as object, ...end('tool_use')], request);
    expect(spoken(events, 'text-delta')).toBe('{"a":"b"}');
    expect(answer.parts).toEqual([{ type: 'text', text: '{"a":"b"}' }]);
  });

  it('expects results if other tools are called too', () => {
    const stream = [...block(0, 'answer', '{}'), ...block(1, 'weather', '{}'), ...end('tool_use')];
    const { answer } = feed(anthropicDelegate, stream, request);
    expect(answer.parts.map(({ type }) => type)).toEqual(['text', 'tool-call']);
    expect(answer.finishReason).toBe('tool-calls');
  });

  it('keeps the text before the truncation', () => {
    const { answer } = feed(anthropicDelegate, [...block(0, 'answer', '{"a":'), ...end('max_tokens')], request);
    expect(answer).toMatchObject({ parts: [{ type: 'text', text: '{"a":' }], finishReason: 'length' });
  });

  it('gives a tool call if no answer tool was offered', () => {
    const stream = [...block(0, 'answer', '{}'), ...end('tool_use')];
    const { answer } = feed(anthropicDelegate, stream, { ...request, outputSchema: plain });
    expect(answer).toMatchObject({ parts: [{ type: 'tool-call', name: 'answer' }], finishReason: 'tool-calls' });
    expect(feed(anthropicDelegate, stream).answer.finishReason).toBe('tool-calls');
  });
});

describe('A schema that Claude takes neither as a format nor as a tool', () => {
  const odd = closed({ 'a b': text });

  it('is requested in words, after the instructions', () => {
    const body = render(budgetClaude, odd, { messages: [system('Be brief.'), user('Where?')], tools: [weather] });
    expect(body.system).toEqual([
      { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: expect.stringContaining(JSON.stringify(odd)) },
    ]);
    expect(body).not.toHaveProperty('output_config');
    expect(body.tools).toHaveLength(1);
    expect(body).not.toHaveProperty('tool_choice');
  });

  it('is strict for GPT, which accepts any name', () => {
    expect(render(chatGpt, odd)).toMatchObject({ response_format: { json_schema: { strict: true } } });
  });
});

describe("OpenAI's strict schema requirements", () => {
  const repaired: [what: string, schema: JsonObject, sent: JsonObject][] = [
    // "object schema missing properties", "array schema missing items".
    ['an object without properties', { type: 'object' }, { type: 'object', properties: {} }],
    [
      'a record',
      { type: 'object', additionalProperties: text },
      { type: 'object', additionalProperties: text, properties: {} },
    ],
    ['an object within', of({ type: 'object' }), of({ type: 'object', properties: {} })],
    ['a list of anything', of({ type: 'array' }), of({ type: 'array', items: {} })],
    ['a tuple', of({ type: 'array', prefixItems: [text] }), of({ type: 'array', prefixItems: [text], items: {} })],
    [
      'a required property that is not named',
      { type: 'object', properties: {}, required: ['a'] },
      { type: 'object', properties: { a: {} }, required: ['a'] },
    ],
    // "… is not a 'regex'": the vendor's are those of Python.
    ['a class of characters', of({ type: 'string', pattern: '^\\p{L}+$' }), of(text)],
    ['a named group', of({ type: 'string', pattern: '(?<a>x)\\k<a>' }), of(text)],
    [
      'names by a class of characters',
      of({ type: 'object', patternProperties: { '^\\p{L}': text, '^a': text }, additionalProperties: false }),
      of({ type: 'object', patternProperties: { '^a': text } }),
    ],
    ['what it can read', of({ type: 'string', pattern: '^[\\w.-]+$' }), of({ type: 'string', pattern: '^[\\w.-]+$' })],
  ];

  it.each(repaired)('are added for %s, in an answer and in a tool, but not for Claude', (_what, schema, sent) => {
    const tool = { name: 'weather', description: 'The weather', parameters: schema };
    expect(render(chatGpt, schema, { tools: [tool] })).toMatchObject({
      response_format: { json_schema: { schema: sent } },
      tools: [{ function: { parameters: sent } }],
    });
    const { text: format, tools } = render(responsesGpt, schema, { tools: [tool] });
    expect(format).toMatchObject({ format: { schema: sent } });
    expect(tools).toMatchObject([{ parameters: sent, strict: false }]);
    const body = rendered(delegates.get(budgetClaude), budgetClaude, { messages: [user('?')], tools: [tool] });
    expect(body).toMatchObject({ tools: [{ input_schema: schema }] });
  });

  it('make a closed object without properties strict', () => {
    const schema = of({ type: 'object', additionalProperties: false });
    expect(render(chatGpt, schema)).toMatchObject({ response_format: { json_schema: { strict: true } } });
  });
});
