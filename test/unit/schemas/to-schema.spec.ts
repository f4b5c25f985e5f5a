import { describe, expect, it } from '@jest/globals';
import { type } from 'arktype';
import { z } from 'zod';
import { type SchemaSource } from '../../../src/schemas/schema.interface.js';
import { toSchema } from '../../../src/schemas/to-schema.js';

const refusal = (source: unknown): string => {
  try {
    toSchema(source as SchemaSource);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_configuration' });
    return (error as Error).message;
  }
  throw new Error('It was not refused');
};

const zod = z.object({
  city: z.string(),
  unit: z.enum(['C', 'F']).default('C'),
  days: z.array(z.object({ at: z.number().optional() })).optional(),
});
const ark = type({ city: 'string', unit: "'C' | 'F' = 'C'", 'days?': type({ 'at?': 'number' }).array() });
const plain = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    unit: { enum: ['C', 'F'] },
    days: { type: 'array', items: { $ref: '#/$defs/day' } },
  },
  required: ['city'],
  $defs: { day: { type: 'object', properties: { at: { type: 'number' } } } },
};

describe.each<[string, SchemaSource]>([
  ['zod', zod],
  ['ArkType', ark],
  ['JSON Schema', plain],
])('A schema of %s', (_, source) => {
  it('becomes a JSON Schema, and accepts valid input', async () => {
    const schema = toSchema(source);
    expect(schema.jsonSchema).toMatchObject({
      type: 'object',
      properties: { city: { type: 'string' }, unit: { enum: ['C', 'F'] }, days: { type: 'array' } },
      required: ['city'],
    });
    const input = { city: 'Rome', unit: 'F', days: [{ at: 1 }, {}] };
    expect(await schema.validate(input)).toEqual({ value: input });
  });

  it('names the path of invalid input, and quotes nothing of it', async () => {
    const validated = await toSchema(source).validate({ city: 5, unit: 'hunter2', days: [{ at: 'correct horse' }] });
    const { problem = '' } = validated as { problem?: string };
    expect(problem).toContain('city');
    expect(problem).toContain('unit');
    expect(problem).toContain('days[0].at');
    expect(problem).not.toMatch(/hunter2|correct horse/);
  });

  it('keeps its error short for very wrong input', async () => {
    const days = Array.from({ length: 1_000 }, () => ({ at: 'x'.repeat(1_000) }));
    const validated = await toSchema(source).validate({ city: 'y'.repeat(100_000), unit: 'z'.repeat(100_000), days });
    const { problem = '' } = validated as { problem?: string };
    expect(problem).toContain('more');
    expect(problem.length).toBeLessThan(2_000);
  });

  it('is independent of later changes to its source', () => {
    const schema = toSchema(source);
    const before = structuredClone(schema.jsonSchema);
    expect(toSchema(source).jsonSchema).toEqual(before);
    expect(toSchema(source).jsonSchema).not.toBe(schema.jsonSchema);
  });
});

describe('A Standard Schema', () => {
  it('returns the value that it transformed', async () => {
    const schema = toSchema(z.object({ unit: z.string().default('C'), at: z.string().transform(Number) }));
    expect(await schema.validate({ at: '5', other: 1 })).toEqual({ value: { unit: 'C', at: 5 } });
  });

  it('may validate asynchronously', async () => {
    const schema = toSchema(
      z.object({ city: z.string().refine((city) => Promise.resolve(city === 'Rome'), 'unknown') }),
    );
    expect(await schema.validate({ city: 'Rome' })).toEqual({ value: { city: 'Rome' } });
    expect(await schema.validate({ city: 'Roma' })).toEqual({ problem: 'city: unknown' });
  });

  it('removes escaped quotes and credentials from messages', async () => {
    const secret = 'say "friend"\n and enter';
    const schema = toSchema(
      z.object({ word: z.string().refine(() => false, { error: (issue) => `not ${JSON.stringify(issue.input)}` }) }),
    );
    expect(await schema.validate({ word: secret })).toEqual({ problem: 'word: not "…"' });
    const keys = await toSchema(z.strictObject({})).validate({ 'glpat-aaaaaaaaaaaaaaaaaaaa': 1 });
    expect(keys).toEqual({ problem: expect.not.stringContaining('aaaaaaaa') });
  });

  it('may report more issues than are passed on', async () => {
    const schema = toSchema(z.object({ word: z.string().refine(() => false, 'no '.repeat(1_000)) }));
    const { problem = '' } = (await schema.validate({ word: 'a' })) as { problem?: string };
    expect(problem).toMatch(/^word: no no .{150,210}…$/);
  });

  it('keeps the references of a recursive one', async () => {
    const tree = z.object({
      name: z.string(),
      get children() {
        return z.array(tree);
      },
    });
    const schema = toSchema(tree);
    expect(schema.jsonSchema).toMatchObject({ properties: { children: { items: { $ref: '#' } } } });
    const wrong = { name: 'a', children: [{ name: 'b', children: [{ name: 1, children: [] }] }] };
    expect(await schema.validate(wrong)).toEqual({
      problem: expect.stringMatching(/^children\[0\]\.children\[0\]\.name: /),
    });
  });

  it.each([
    ['valibot', 'toStandardJsonSchema() of @valibot/to-json-schema'],
    ['zod', 'zod to 4.2 or later'],
    ['arktype', 'arktype to 2.1.28 or later'],
    ['other', 'the JSON Schema adapter of other'],
  ])('of %s without a JSON Schema is refused, with the name of its adapter', (vendor, advice) => {
    const validate = (value: unknown) => ({ value });
    expect(refusal({ '~standard': { version: 1, vendor, validate } })).toContain(advice);
  });

  // Claude: "JSON schema is invalid. It must match JSON Schema draft 2020-12".
  it('with a JSON Schema of an older draft is refused', () => {
    const jsonSchema = { input: () => ({ type: 'object', properties: { a: { exclusiveMinimum: true } } }) };
    const validate = (value: unknown) => ({ value });
    expect(refusal({ '~standard': { version: 1, vendor: 'x', validate, jsonSchema } })).toContain(
      'no valid JSON Schema: data/properties/a/exclusiveMinimum must be number',
    );
  });

  it('that cannot become a JSON Schema is refused with the reason', () => {
    expect(refusal(z.object({ at: z.date() }))).toContain('Date cannot be represented');
    expect(refusal({ '~standard': { version: 1, vendor: 'x', jsonSchema: { input: () => ({}) } } })).toContain(
      'validate()',
    );
  });
});

describe('A JSON Schema', () => {
  it.each<[unknown, string]>([
    [undefined, 'There is no schema'],
    ['string', 'There is no schema'],
    [[], 'There is no schema'],
    [{ type: 'objekt' }, 'no valid JSON Schema'],
    [{ type: 'object', properties: { a: { $ref: '#/$defs/b' } } }, '#/$defs/b'],
    [{ type: 'object', required: 'city' }, 'no valid JSON Schema'],
    [{ type: 'object', minProperties: 1n }, 'BigInt'],
    [{ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }, '2020-12'],
  ])('is refused if it is invalid: %#', (source, reason) => {
    expect(refusal(source)).toContain(reason);
  });

  it('may have the same $id as another', () => {
    const schema = (type: string) => ({ $id: 'https://example.com/x', type });
    toSchema(schema('object'));
    expect(toSchema(schema('array')).jsonSchema.type).toBe('array');
  });

  it('supports the 2020-12 dialect', async () => {
    const schema = toSchema({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { pair: { prefixItems: [{ type: 'string' }, { type: 'number' }], items: false } },
      unevaluatedProperties: false,
    });
    expect(await schema.validate({ pair: ['a', 1] })).toEqual({ value: { pair: ['a', 1] } });
    expect(await schema.validate({ pair: ['a', 'b'] })).toEqual({ problem: 'pair[1]: must be number' });
    expect(await schema.validate({ other: 1 })).toEqual({ problem: expect.stringContaining('unevaluated') });
  });

  it('reports the allowed values', async () => {
    const schema = toSchema({
      type: 'object',
      properties: { unit: { enum: ['C', 'F'] } },
      additionalProperties: false,
    });
    expect(await schema.validate({ unit: 'K', other: 1 })).toEqual({
      problem:
        'must NOT have additional properties: "other"; unit: must be equal to one of the allowed values: ["C","F"]',
    });
  });
});
