import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { type } from 'arktype';
import { z } from 'zod';
import { Type } from 'class-transformer';
import { IsArray, IsEnum, IsIn, IsInt, IsOptional, IsString, Max, ValidateNested } from 'class-validator';
import { type JsonObject, type JsonValue } from '../../../src/messages/json.interface.js';
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

class Item {
  @IsString()
  sku!: string;

  @IsOptional()
  @IsIn(['red', 'blue'])
  color?: string;
}

class Order {
  @IsInt()
  @Max(9)
  priority!: number;

  @ValidateNested()
  @Type(() => Item)
  main!: Item;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Item)
  items!: Item[];

  @IsOptional()
  @ValidateNested()
  @Type(() => Order)
  parent?: Order;
}

enum Size {
  Small = 1,
  Large,
}
const unit = { ...Size, Other: 'other' } as const;

class Box {
  @IsEnum(Size)
  size!: Size;

  @IsOptional()
  @IsEnum(Size, { each: true })
  others?: Size[];

  @IsOptional()
  @IsEnum(unit)
  unit?: 1 | 2 | 'other';

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => Box)
  inner?: Box[];
}

class RushOrder extends Order {
  @IsString()
  reason!: string;
}

const item = {
  type: 'object',
  properties: { sku: { type: 'string' }, color: { type: 'string', enum: ['red', 'blue'] } },
  required: ['sku'],
};
const order = {
  type: 'object',
  properties: {
    priority: { type: 'integer', maximum: 9 },
    main: { $ref: '#/$defs/Item' },
    items: { type: 'array', items: { $ref: '#/$defs/Item' } },
    parent: { $ref: '#/$defs/Order' },
  },
  required: ['priority', 'main', 'items'],
};

function named(name: string, field: string): new () => object {
  class Dto {
    declare id: string;
  }
  Object.defineProperty(Dto, 'name', { value: name });
  IsString()(Dto.prototype, field);
  return Dto;
}

describe('A DTO class as a schema', () => {
  it('becomes a JSON Schema with exactly the classes that its fields reference', () => {
    expect(toSchema(Item).jsonSchema).toEqual(item);
    expect(toSchema(Order).jsonSchema).toEqual({ ...order, $defs: { Item: item, Order: order } });
  });

  it('becomes a JSON Schema with its inherited fields', () => {
    expect(toSchema(RushOrder).jsonSchema).toMatchObject({
      properties: { ...order.properties, reason: { type: 'string' } },
      required: expect.arrayContaining(['reason', 'priority']),
    });
  });

  it('creates instances, and drops unknown fields', async () => {
    const validated = await toSchema(Order).validate({
      priority: 1,
      main: { sku: 'a' },
      items: [{ sku: 'b', other: 1 }],
      other: 1,
      ['__proto__']: { polluted: true },
    });
    const { value } = validated as { value: Order };
    expect(value).toBeInstanceOf(Order);
    expect(value.main).toBeInstanceOf(Item);
    expect(value.items[0]).toBeInstanceOf(Item);
    expect(value).not.toHaveProperty('other');
    expect(value.items[0]).not.toHaveProperty('other');
    expect({}).not.toHaveProperty('polluted');
  });

  it('accepts null for optional fields', async () => {
    const value = { size: 1, others: null, unit: null, inner: null };
    expect(await toSchema(Box).validate(value)).toEqual({ value });
  });

  it('lists the values of an enum, and accepts no other', async () => {
    const size = { type: 'number', enum: [1, 2] };
    expect(toSchema(Box).jsonSchema.properties).toMatchObject({
      size,
      others: { type: 'array', items: size },
      unit: { type: ['number', 'string'], enum: [1, 2, 'other'] },
    });
    const validate = (value: object) => toSchema(Box).validate(value);
    for (const value of [{ size: 1 }, { size: 2, unit: 'other', others: [2, 1], inner: [{ size: 1, unit: 1 }] }]) {
      expect(await validate(value)).toEqual({ value });
    }
    const large = 'must be one of the following values: 1, 2';
    expect(await validate({ size: 'Large' })).toEqual({ problem: `size: ${large}` });
    expect(await validate({ size: 1, others: [1, 'Large'] })).toEqual({ problem: `others[1]: ${large}` });
    expect(await validate({ size: 1, inner: [{ size: 'Large' }] })).toEqual({ problem: `inner[0].size: ${large}` });
    expect(await validate({ size: 1, unit: 'Small' })).toEqual({ problem: `unit: ${large}, other` });
    expect(await validate({ size: 3 })).toHaveProperty('problem', expect.stringContaining('size must be one of'));
  });

  it('names the path of an invalid field', async () => {
    const wrong = { priority: 10, main: { sku: 's' }, items: [{ sku: 'a' }, { sku: 5, color: 'hunter2' }] };
    const { problem = '' } = (await toSchema(Order).validate(wrong)) as { problem?: string };
    expect(problem).toContain('priority must not be greater than 9');
    expect(problem).toContain('items[1].sku: ');
    expect(problem).toContain('items[1].color: ');
    expect(problem).not.toContain('hunter2');
    expect(await toSchema(Order).validate('text')).toEqual({ problem: 'must be object' });
    expect(await toSchema(Order).validate([])).toEqual({ problem: 'must be object' });
  });

  it('is not merged with another class of the same name', () => {
    const one = toSchema(named('Same', 'left')).jsonSchema;
    const other = toSchema(named('Same', 'right')).jsonSchema;
    expect(Object.keys(one.properties ?? {})).toEqual(['left']);
    expect(Object.keys(other.properties ?? {})).toEqual(['right']);
  });

  it('is refused if it references two classes of one name', () => {
    const [left, right] = [named('Same', 'left'), named('Same', 'right')];
    class Both {
      @ValidateNested()
      @Type(() => left)
      first!: object;

      @ValidateNested()
      @Type(() => right)
      second!: object;
    }
    expect(() => toSchema(Both)).toThrow('two DTO classes of the name Same');
  });

  it('is refused if a field has no known type', () => {
    class Bare {
      city!: string;
    }
    class Untyped {
      @ValidateNested()
      item!: Item;
    }
    expect(() => toSchema(Bare)).toThrow('Bare has no field with a decorator');
    expect(() => toSchema(Untyped)).toThrow('The field item of Untyped has @ValidateNested(), but not its class');
  });
});

// Every object inherits these: JSON Schema 2020-12 Core 4.3.1 speaks of the members of an object only.
const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'];

/** As `JSON.parse` makes it, so that `__proto__` is a property like any other. */
const objectOf = (name: string, value: JsonValue): JsonObject =>
  JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as JsonObject;

const text = { type: 'string' };
const valid = (value: unknown) => ({ value });
const problem = (said: string) => ({ problem: expect.stringContaining(said) });

describe.each(names)('A JSON Schema with the property %s', (name) => {
  const properties = objectOf(name, text);
  const closed = { type: 'object', properties, additionalProperties: false };

  it.each<[string, JsonObject]>([
    ['an open object', { type: 'object', properties }],
    ['a closed object', closed],
    ['a dependency on it', { type: 'object', dependentRequired: objectOf(name, ['other']) }],
    ['a schema that depends on it', { type: 'object', dependentSchemas: objectOf(name, { required: ['other'] }) }],
    ['a choice of which one needs it', { type: 'object', anyOf: [{ required: [name] }, { properties }] }],
    ['unevaluated properties', { type: 'object', properties, unevaluatedProperties: false }],
  ])('does not find it in {}: %s', async (_what, schema) => {
    expect(await toSchema(schema).validate({})).toEqual(valid({}));
  });

  it('finds it if it is there, and checks its value', async () => {
    const schema = toSchema(closed);
    expect(await schema.validate(objectOf(name, 'x'))).toEqual(valid(objectOf(name, 'x')));
    expect(await schema.validate(objectOf(name, 1))).toEqual(problem('must be string'));
  });

  it('reports it missing if it is required, also because of another property', async () => {
    expect(await toSchema({ type: 'object', required: [name] }).validate({})).toEqual(problem(name));
    const dependent = toSchema({ type: 'object', dependentRequired: { a: [name] } });
    expect(await dependent.validate({ a: 1 })).toEqual(problem(name));
  });

  it('checks it within lists, choices and definitions', async () => {
    const schema = toSchema({
      type: 'object',
      properties: { list: { type: 'array', items: { anyOf: [closed] } }, one: { $ref: '#/$defs/one' } },
      $defs: { one: closed },
    });
    const right = { list: [objectOf(name, 'x'), {}], one: objectOf(name, 'x') };
    expect(await schema.validate(right)).toEqual(valid(right));
    expect(await schema.validate({ list: [objectOf(name, 1)] })).toEqual(problem('list[0]'));
    expect(await schema.validate({ one: objectOf(name, 1) })).toEqual(problem('one'));
  });

  it('compares objects that have it by their own properties', async () => {
    const schema = toSchema({
      properties: {
        list: { type: 'array', uniqueItems: true },
        only: { const: objectOf(name, 'x') },
        some: { enum: [1, objectOf(name, 'x')] },
      },
    });
    const right = {
      list: [objectOf(name, 1), objectOf(name, 2)],
      only: objectOf(name, 'x'),
      some: objectOf(name, 'x'),
    };
    expect(await schema.validate(right)).toEqual(valid(right));
    expect(await schema.validate({ list: [objectOf(name, 1), objectOf(name, 1)] })).toEqual(problem('duplicate'));
    expect(await schema.validate({ only: {} })).toEqual(problem('must be equal to constant'));
    expect(await schema.validate({ some: objectOf(name, 1) })).toEqual(problem('must be equal to one of'));
  });
});

it('A JSON Schema compares regardless of the order of properties, and numbers by their value', async () => {
  const schema = toSchema({ properties: { a: { const: { x: 1, y: [2] } }, b: { enum: [1.0, 0] } } });
  expect(await schema.validate({ a: { y: [2], x: 1 }, b: -0 })).toEqual(valid({ a: { y: [2], x: 1 }, b: -0 }));
  expect(await schema.validate({ a: { x: 1, y: [2, 3] } })).toEqual(problem('a: must be equal to constant'));
});

describe.each(names.filter((name) => name !== '__proto__'))('A Standard Schema with the property %s', (name) => {
  it.each([
    ['zod', z.object({ [name]: z.string().optional() })],
    ['ArkType', type({ [`${name}?`]: 'string' })],
  ])('does not find it in {}: %s', async (_library, source) => {
    const schema = toSchema(source);
    expect(await schema.validate({})).toEqual(valid({}));
    expect(await schema.validate({ [name]: 'x' })).toEqual(valid({ [name]: 'x' }));
    expect(await schema.validate({ [name]: 1 })).toEqual(problem(name));
  });

  it('reports it missing if it is required', async () => {
    expect(await toSchema(z.object({ [name]: z.string() })).validate({})).toEqual(problem('undefined'));
  });
});
