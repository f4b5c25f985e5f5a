import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import { type Sandbox, type SandboxApi, startSandbox } from '../../../src/sandbox/index.js';
import { minimalInstance } from '../../../src/sandbox/json-schema/minimal-instance.js';
import { ask, type Body, SandboxClient, tool } from './sandbox-client.js';

const shape = z.strictObject({ city: z.string().min(2), days: z.int().min(1), kind: z.enum(['hot', 'cold']) });
const schema = z.toJSONSchema(shape) as Body;

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
  ])('matches %s', (_what, type, expected) => {
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

describe('answers of a wanted form', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const APIS: SandboxApi[] = ['anthropic-messages', 'openai-chat', 'openai-responses'];
  const instance = '{"city":"xx","days":1,"kind":"hot"}';

  it.each(APIS)('%s obeys a schema, streamed or not', async (api) => {
    const { text } = await client.post(api, ask(api, 'Tell me a story', formatOf(api, schema, { strict: true })));
    expect(text).toContain(JSON.stringify(instance).slice(1, -1));
    const streamed = await client.stream(api, 'Where?', formatOf(api, schema));
    const deltas = streamed.text.matchAll(/"(?:text|content|delta)":("(?:[^"\\]|\\.)+")[,}](?!.*"output")/g);
    expect([...deltas].map(([, delta]) => JSON.parse(String(delta)) as string).join('')).toContain(instance);
  });

  it.each(APIS)('%s still calls tools', async (api) => {
    const extra = { tools: [tool(api, 'clock')], ...formatOf(api, schema) };
    const { text } = await client.post(api, ask(api, 'call clock {}', extra));
    expect(text).toContain('"name":"clock"');
    expect(text).not.toContain('days\\":1');
  });

  it.each<[SandboxApi, Body]>([
    ['openai-chat', { response_format: { type: 'json_object' } }],
    ['openai-responses', { text: { format: { type: 'json_object' } } }],
  ])('%s has a JSON mode, for those who say JSON', async (api, extra) => {
    const { status, text } = await client.post(api, ask(api, 'Some Json, please', extra));
    expect([status, text]).toEqual([200, expect.stringMatching(/"(content|text)":"\{\}"/)]);
    const refused = await client.post(api, ask(api, 'Hello', extra));
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("must contain the word 'json'")]);
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
    ['no name', 'openai-chat', formatOf('openai-chat', schema, { name: '' }), 'response_format.name'],
    ['no schema', 'openai-responses', formatOf('openai-responses', null), "'text.format.schema'"],
    ['an unknown type', 'openai-chat', { response_format: { type: 'xml' } }, "Invalid value: 'xml'"],
    [
      'a strict tool with an open object',
      'openai-chat',
      { tools: [{ type: 'function', function: { name: 'clock', parameters: open, strict: true } }] },
      "Invalid schema for function 'clock': In context=()",
    ],
  ])('refuses %s of %s', async (_what, api, extra, message) => {
    const { status, json } = await client.post(api, ask(api, 'Hello', extra));
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { message: expect.stringContaining(message) } });
  });
});
