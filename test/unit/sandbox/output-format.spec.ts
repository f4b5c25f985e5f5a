import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import { type Sandbox, type SandboxApi, startSandbox } from '../../../src/sandbox/index.js';
import { minimalInstance } from '../../../src/sandbox/json-schema/minimal-instance.js';
import { ask, type Body, SandboxClient, tool } from './sandbox-client.js';

const shape = z.strictObject({ city: z.string().min(2), days: z.int().min(1), kind: z.enum(['hot', 'cold']) });
const simple = z.strictObject({ city: z.string(), days: z.number(), kind: z.enum(['hot', 'cold']) });
const schema = z.toJSONSchema(simple) as Body;

/** What asks each API for JSON of this schema. */
function formatOf(api: SandboxApi, wanted: unknown, extra: Body = {}): Body {
  switch (api) {
    case 'anthropic-messages':
      return { output_config: { format: { type: 'json_schema', schema: wanted } } };
    case 'openai-chat':
      return { response_format: { type: 'json_schema', json_schema: { name: 'trip', schema: wanted, ...extra } } };
    case 'openai-responses':
      return { text: { format: { type: 'json_schema', name: 'trip', schema: wanted, ...extra } } };
  }
}

describe('minimalInstance', () => {
  interface Tree {
    value: number;
    left: Tree | null;
  }
  const tree: z.ZodType<Tree> = z.strictObject({
    value: z.number(),
    get left() {
      return z.union([tree, z.null()]);
    },
  });

  it.each<[string, z.ZodType, unknown]>([
    ['an object', shape, { city: 'xx', days: 1, kind: 'hot' }],
    ['optional properties', z.object({ a: z.string().optional() }), {}],
    ['lists', z.array(z.boolean()).min(2), [false, false]],
    ['tuples', z.tuple([z.string(), z.number()]), ['', 0]],
    ['formats', z.tuple([z.email(), z.uuid(), z.iso.datetime(), z.url()]), expect.anything()],
    ['bounds', z.tuple([z.number().max(-2), z.number().gt(4), z.int().multipleOf(5).min(7)]), [-2, 5, 10]],
    ['a choice', z.discriminatedUnion('type', [z.object({ type: z.literal('a') })]), { type: 'a' }],
    ['both of two', z.intersection(z.object({ a: z.null() }), z.object({ b: z.int() })), { a: null, b: 0 }],
    ['recursion', tree, { value: 0, left: null }],
    ['null', z.string().nullable(), ''],
  ])('matches a schema with %s', (_what, type, expected) => {
    const instance = minimalInstance(z.toJSONSchema(type));
    expect(instance).toEqual(expected);
    expect(type.safeParse(instance).error).toBeUndefined();
  });

  it.each([
    [true, null],
    [{ $ref: '#/$defs/endless', $defs: { endless: { $ref: '#/$defs/endless' } } }, null],
    [{ $ref: '#/$defs/a~1b', $defs: { 'a/b': { const: 7 } } }, 7],
    [{ type: ['string', 'null'] }, ''],
    [{ properties: { a: { type: 'string' } }, required: ['a'] }, { a: '' }],
  ])('answers %j', (odd, expected) => {
    expect(minimalInstance(odd)).toEqual(expected);
  });
});

describe('Sandbox answers with an output format', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const APIS: SandboxApi[] = ['anthropic-messages', 'openai-chat', 'openai-responses'];
  const instance = '{"city":"","days":0,"kind":"hot"}';

  it.each(APIS)('match a schema on %s, streamed or not', async (api) => {
    const { text } = await client.post(api, ask(api, 'Tell me a story', formatOf(api, schema, { strict: true })));
    expect(text).toContain(JSON.stringify(instance).slice(1, -1));
    const streamed = await client.stream(api, 'Where?', formatOf(api, schema));
    const deltas = streamed.text.matchAll(/"(?:text|content|delta)":("(?:[^"\\]|\\.)+")[,}](?!.*"output")/g);
    expect([...deltas].map(([, delta]) => JSON.parse(String(delta)) as string).join('')).toContain(instance);
  });

  it.each(APIS)('can still be tool calls on %s', async (api) => {
    const extra = { tools: [tool(api, 'clock')], ...formatOf(api, schema) };
    const { text } = await client.post(api, ask(api, 'call clock {}', extra));
    expect(text).toContain('"name":"clock"');
    expect(text).not.toContain('days\\":0');
  });

  it.each<[SandboxApi, Body]>([
    ['openai-chat', { response_format: { type: 'json_object' } }],
    ['openai-responses', { text: { format: { type: 'json_object' } } }],
  ])('can be plain JSON on %s, if the prompt says JSON', async (api, extra) => {
    const { status, text } = await client.post(api, ask(api, 'Some Json, please', extra));
    expect([status, text]).toEqual([200, expect.stringMatching(/"(content|text)":"\{\}"/)]);
    const refused = await client.post(api, ask(api, 'Hello', extra));
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("must contain the word 'json'")]);
  });

  it.each(APIS)('can be other JSON or none on %s, by a fault', async (api) => {
    sandbox.fault({ fault: 'answer-wrong-json' });
    sandbox.fault({ fault: 'answer-not-json' });
    const body = ask(api, 'Where?', formatOf(api, schema));
    expect((await client.post(api, body)).text).toContain(JSON.stringify('{"wrong":true}').slice(1, -1));
    expect((await client.post(api, body)).text).toContain('Certainly, here it is.');
  });

  it.each<[SandboxApi, string]>([
    [
      'anthropic-messages',
      'output_config.format.schema: Invalid schema: The compiled grammar is too large, which would',
    ],
    ['openai-chat', "Invalid schema for response_format 'trip': 101 parameters exceeds limit of 100."],
    ['openai-responses', "Invalid schema for response_format 'trip': 101 parameters exceeds limit of 100."],
  ])('can be a refusal to enforce a schema on %s, by a fault', async (api, message) => {
    sandbox.fault({ fault: 'gateway-schema-refused' });
    expect((await client.post(api, ask(api, 'Where?'))).status).toBe(200);
    const body = ask(api, 'Where?', formatOf(api, schema, { strict: true }));
    const { status, json } = await client.post(api, body);
    expect([status, json]).toMatchObject([400, { error: { type: 'invalid_request_error' } }]);
    expect(json).toMatchObject({ error: { message: expect.stringContaining(message) } });
    expect((await client.post(api, body)).status).toBe(200);
  });

  it.each<[SandboxApi, Body]>([
    ['anthropic-messages', { tool_choice: { type: 'tool', name: 'trip' } }],
    ['anthropic-messages', { tool_choice: { type: 'any' } }],
    ['openai-chat', { tool_choice: { type: 'function', function: { name: 'trip' } } }],
    ['openai-chat', { tool_choice: 'required' }],
    ['openai-responses', { tool_choice: 'required' }],
  ])('call a forced tool on %s with the arguments that its schema allows: %j', async (api, choice) => {
    const parameters = z.toJSONSchema(shape) as Body;
    const { json } = await client.post(api, ask(api, 'Where?', { tools: [tool(api, 'trip', parameters)], ...choice }));
    const escaped = JSON.stringify('{"city":"xx","days":1,"kind":"hot"}').slice(1, -1);
    const input = api === 'anthropic-messages' ? '{"city":"xx","days":1,"kind":"hot"}' : escaped;
    expect(JSON.stringify(json)).toContain(input);
  });

  const closed = (properties: Body, more: Body = {}): Body => ({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
    ...more,
  });

  it.each<[Body, string]>([
    [{ type: 'integer', minimum: 1, maximum: 5 }, "For 'integer' type, properties maximum, minimum are not supported"],
    [{ type: 'string', minLength: 1 }, "For 'string' type, property 'minLength' is not supported"],
    [{ type: 'array', items: { type: 'string' }, minItems: 2 }, "'minItems' values other than 0 or 1"],
    [{ oneOf: [{ type: 'string' }] }, "Schema type 'oneOf' is not supported"],
    [{ $ref: '#' }, 'Recursive schemas are not supported'],
    [{ $ref: '#/$defs/node' }, 'Recursive schemas are not supported'],
    [{ $ref: '#/$defs/nowhere' }, 'Could not resolve the reference'],
    [{ $ref: '#/$defs/constructor' }, 'Could not resolve the reference'],
  ])('refuse %j in a grammar of Claude', async (property, message) => {
    const node = { type: 'array', items: { $ref: '#/$defs/node' } };
    const wanted = closed({ a: property }, { $defs: { node } });
    const { status, text } = await client.post(
      'anthropic-messages',
      ask('anthropic-messages', 'Hi', formatOf('anthropic-messages', wanted)),
    );
    expect([status, text]).toEqual([400, expect.stringContaining(message)]);
  });

  it('follow finite references in a grammar of Claude', async () => {
    const wanted = closed(
      { a: { $ref: '#/$defs/leaf' }, b: { $ref: '#/$defs/leaf' } },
      { $defs: { leaf: { type: 'null' } } },
    );
    const body = ask('anthropic-messages', 'Hi', formatOf('anthropic-messages', wanted));
    expect((await client.post('anthropic-messages', body)).status).toBe(200);
  });

  const many = (count: number, property: unknown = { type: 'string' }, more: Body = {}): Body =>
    closed(Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, property])), more);
  const nested = (levels: number): Body => (levels === 0 ? { type: 'string' } : closed({ a: nested(levels - 1) }));
  const enumOf = (count: number, length: number): Body => ({
    type: 'string',
    enum: Array.from({ length: count }, (_, index) => String(index).padStart(length, 'v')),
  });
  const claudeTool = (schema: Body, more: Body = {}): Body => ({
    tools: [{ name: 'clock', input_schema: schema, ...more }],
  });
  const claudeFormat = (schema: Body): Body => formatOf('anthropic-messages', schema);

  // The vendor's own texts, as its users report them.
  it.each<[string, Body, string]>([
    [
      'an array of many',
      claudeFormat(closed({ a: { type: 'array', items: { type: 'null' }, maxItems: 2 } })),
      "For 'array' type, property 'maxItems' is not supported",
    ],
    [
      'an object that takes others',
      claudeFormat(closed({ a: { type: 'object', properties: {}, additionalProperties: true } })),
      "For 'object' type, 'additionalProperties: true' is not supported. Please set 'additionalProperties' to false",
    ],
    [
      'too many optional properties',
      claudeFormat(many(25, undefined, { required: [] })),
      'Schemas contains too many optional parameters (25), which would make grammar compilation inefficient. Reduce the number of optional parameters in your tool schemas (limit: 24).',
    ],
    [
      'too many unions',
      claudeFormat(many(17, { type: ['string', 'null'] })),
      'Schemas contains too many parameters with union types (17 parameters with type arrays or anyOf). This causes exponential compilation cost.',
    ],
    [
      'a grammar that is too large',
      claudeFormat(many(500)),
      'The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    ],
    [
      'a grammar that is too large by what it refers to',
      claudeFormat(many(10, { $ref: '#/$defs/kind' }, { $defs: { kind: enumOf(50, 4) } })),
      'The compiled grammar is too large',
    ],
    ['an enumeration of objects', claudeFormat(closed({ a: { enum: [{}] } })), 'Complex types in enums'],
    ['all of a reference', claudeFormat(closed({ a: { allOf: [{ $ref: '#' }] } })), "'allOf' with '$ref'"],
    [
      'a tool that is a choice',
      claudeTool({ type: 'object', anyOf: [{ required: ['a'] }] }),
      'tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level',
    ],
    [
      'a tool with a name of its own',
      claudeTool({ type: 'object', properties: { 'filter[id]': {} } }),
      "tools.0.custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'",
    ],
    [
      'a tool of an older draft',
      claudeTool({ type: 'object', properties: { a: { exclusiveMinimum: true } } }),
      'tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12',
    ],
    [
      'a strict tool that is open',
      claudeTool({ type: 'object', properties: {} }, { strict: true }),
      "tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ],
    [
      'too many strict tools',
      {
        tools: Array.from({ length: 21 }, (_, index) => ({
          name: `clock_${index}`,
          input_schema: closed({}),
          strict: true,
        })),
      },
      'Too many strict tools (21). The maximum number of strict tools supported is 20.',
    ],
    [
      'optional properties of a strict tool and of an answer',
      {
        ...claudeTool(many(12, undefined, { required: [] }), { strict: true }),
        ...claudeFormat(many(13, undefined, { required: [] })),
      },
      'too many optional parameters (25)',
    ],
  ])('refuse %s for Claude', async (_what, extra, message) => {
    const { status, json } = await client.post('anthropic-messages', ask('anthropic-messages', 'Hello', extra));
    expect([status, json]).toMatchObject([400, { error: { message: expect.stringContaining(message) } }]);
  });

  const context = "In context=('properties', 'a'), ";
  it.each<[string, Body, string]>([
    [
      'a description beside a reference',
      closed({ a: { $ref: '#/$defs/b', description: 'x' } }, { $defs: { b: { type: 'null' } } }),
      "context=('properties', 'a'), $ref cannot have keywords {'description'}.",
    ],
    ['anything', closed({ a: {} }), `${context}schema must have a 'type' key.`],
    ['a choice by oneOf', closed({ a: { oneOf: [{ type: 'null' }] } }), `${context}'oneOf' is not permitted.`],
    ['a default', closed({ a: { type: 'string', default: 'x' } }), `${context}'default' is not permitted.`],
    ['a format', closed({ a: { type: 'string', format: 'uri' } }), `${context}'uri' is not a valid format.`],
    [
      'a value of another type',
      closed({ a: { type: 'string', enum: ['x', null] } }),
      `${context}enum value None does not validate against {'type': 'string'}.`,
    ],
    [
      'an object without properties',
      closed({ a: { type: 'object', additionalProperties: false } }),
      `${context}object schema missing properties.`,
    ],
    ['a list of anything', closed({ a: { type: 'array' } }), `${context}array schema missing items.`],
    ['a name that is not there', closed({ a: { type: 'null' } }, { required: ['a', 'b'] }), "Extra required key 'b'"],
    ['a class of characters', closed({ a: { type: 'string', pattern: '\\p{L}' } }), "'\\p{L}' is not a 'regex'."],
    [
      'choices that begin alike',
      closed({ a: { anyOf: [closed({ b: { type: 'null' } }), closed({ b: { type: 'string' } })] } }),
      "Objects provided via 'anyOf' must not share identical first keys.",
    ],
    ['too many properties', many(5_001), '5001 parameters exceeds limit of 5000.'],
    ['too many levels', nested(11), '11 levels of nesting exceeds limit of 10.'],
    [
      'too many values',
      closed({ a: enumOf(1_001, 4) }),
      'Expected at most 1000 enum values in total within a single schema when using structured outputs, but received 1001.',
    ],
    ['values that are too long', closed({ a: enumOf(251, 70) }), 'Expected at most 15000 total characters'],
  ])('refuse %s for OpenAI in strict mode', async (_what, wanted, message) => {
    for (const api of ['openai-chat', 'openai-responses'] as const) {
      const { json } = await client.post(api, ask(api, 'Hello', formatOf(api, wanted, { strict: true })));
      expect(json).toMatchObject({ error: { message: expect.stringContaining(message) } });
    }
  });

  it.each<[string, Body, string]>([
    [
      'a choice',
      { type: 'object', properties: {}, anyOf: [{ required: ['a'] }] },
      "schema must have type 'object' and not have",
    ],
    ['no properties', { type: 'object' }, 'In context=(), object schema missing properties.'],
    [
      'a list of anything',
      { type: 'object', properties: { a: { type: 'array' } } },
      `${context}array schema missing items.`,
    ],
    [
      'a named group',
      { type: 'object', properties: { a: { type: 'string', pattern: '(?<n>x)' } } },
      "Invalid schema for function 'clock': '(?<n>x)' is not a 'regex'.",
    ],
  ])('refuse a tool with %s for OpenAI, strict or not', async (_what, parameters, message) => {
    for (const api of ['openai-chat', 'openai-responses'] as const) {
      const { json } = await client.post(api, ask(api, 'Hello', { tools: [tool(api, 'clock', parameters)] }));
      expect(json).toMatchObject({
        error: {
          message: expect.stringContaining(message),
          code: 'invalid_function_parameters',
          param: api === 'openai-chat' ? 'tools[0].function.parameters' : 'tools[0].parameters',
        },
      });
    }
  });

  const open = { type: 'object', properties: { a: { type: 'array', items: { type: 'object' } } } };
  const partial = { type: 'object', properties: { a: {} }, required: [], additionalProperties: false };
  const strict = { strict: true };

  it.each<[string, SandboxApi, Body, string]>([
    ['an open object', 'anthropic-messages', formatOf('anthropic-messages', open), 'must be explicitly set to false'],
    ['no schema', 'anthropic-messages', formatOf('anthropic-messages', null), 'schema: Field required'],
    [
      'JSON mode',
      'anthropic-messages',
      { output_config: { format: { type: 'json' } } },
      "Input should be 'json_schema'",
    ],
    ['an open object', 'openai-chat', formatOf('openai-chat', open, strict), "In context=(), 'additionalProperties'"],
    [
      'an open item',
      'openai-responses',
      formatOf('openai-responses', { ...open, additionalProperties: false, required: ['a'] }, strict),
      "In context=('properties', 'a', 'items'), 'additionalProperties'",
    ],
    ['an optional property', 'openai-responses', formatOf('openai-responses', partial, strict), "Missing 'a'."],
    [
      'a length',
      'openai-chat',
      formatOf('openai-chat', closed({ a: { type: 'string', minLength: 1 } }), strict),
      "In context=('properties', 'a'), 'minLength' is not permitted",
    ],
    ['a list', 'openai-chat', formatOf('openai-chat', { type: 'array' }), 'got \'type: "array"\''],
    ['a choice', 'openai-responses', formatOf('openai-responses', { anyOf: [] }), 'got \'type: "None"\''],
    ['no name', 'openai-chat', formatOf('openai-chat', schema, { name: '' }), 'response_format.name'],
    ['no schema', 'openai-responses', formatOf('openai-responses', null), "'text.format.schema'"],
    ['an unknown type', 'openai-chat', { response_format: { type: 'xml' } }, "Invalid value: 'xml'"],
    [
      'a strict tool with an open object',
      'openai-chat',
      { tools: [{ type: 'function', function: { name: 'clock', parameters: open, strict: true } }] },
      "Invalid schema for function 'clock': In context=()",
    ],
  ])('refuse %s of %s', async (_what, api, extra, message) => {
    const { status, json } = await client.post(api, ask(api, 'Hello', extra));
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { message: expect.stringContaining(message) } });
  });
});
