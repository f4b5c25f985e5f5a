import { describe, expect, it } from '@jest/globals';
import { type } from 'arktype';
import { z } from 'zod';
import { type JsonObject, type JsonValue } from '../../../src/messages/json.interface.js';
import { toSchema } from '../../../src/schemas/to-schema.js';

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
