import { type JsonObject, type JsonValue } from '../../../src/messages/json.interface.js';
import { generator } from '../random.js';

/** One in how many schemas within a schema is other than the vendors' grammars take it. */
const ODD_ONE_IN = [1, 4, 20, Infinity];

/** How many schemas a schema has about. */
const MAX_NODES = 120;

/**
 * A JSON Schema of one object, from such as each vendor enforces to such as none does: open, recursive, deep, wide, with
 * names and regular expressions of all sorts.
 */
export function randomSchema(seed: number): JsonObject {
  const below = generator(seed);
  const pick = <Value>(values: readonly Value[]): Value => values[below(values.length)] as Value;
  const oddOneIn = pick(ODD_ONE_IN);
  const isOdd = (): boolean => oddOneIn !== Infinity && below(oddOneIn) === 0;
  const width = pick([2, 4, 30]);
  const depth = pick([2, 3, 6, 13]);
  let room = MAX_NODES;
  const many = <Value>(most: number, make: (index: number) => Value): Value[] =>
    Array.from({ length: below(most) }, (_, index) => make(index));

  const name = (index: number): string =>
    isOdd() ? pick(['constructor', '__proto__', 'a b', 'ü', '$top', 'x'.repeat(70), 'filter[a]', '']) : `p${index}`;

  const object = (level: number): JsonObject => {
    const properties = Object.fromEntries(many(width, (index) => [name(index), node(level + 1)]));
    const names = Object.keys(properties);
    return {
      type: 'object',
      ...(!(isOdd() && names.length === 0) && { properties }),
      ...(!isOdd() && { required: isOdd() ? [...names.slice(1), 'missing'] : names.slice(isOdd() ? 1 : 0) }),
      ...(isOdd()
        ? pick<JsonObject>([{}, { additionalProperties: true }, { additionalProperties: { type: 'string' } }])
        : { additionalProperties: false }),
      ...(isOdd() && pick<JsonObject>([{ minProperties: 0 }, { patternProperties: { '^\\p{L}': {} } }])),
    };
  };

  const text = (): JsonObject => ({
    type: 'string',
    ...(below(4) === 0 && { format: isOdd() ? 'color' : pick(['date', 'uri', 'email']) }),
    ...(isOdd() && pick<JsonObject>([{ pattern: '^a' }, { pattern: '^\\p{L}+$' }, { pattern: '(?<n>a)\\k<n>' }])),
    ...(isOdd() && pick<JsonObject>([{ minLength: 1 }, { maxLength: 9 }, { default: 'x' }, { examples: ['x'] }])),
  });

  const values = (): JsonObject => {
    const count = isOdd() ? pick([260, 1_100]) : 1 + below(5);
    const list = Array.from({ length: count }, (_, index) => `${'v'.repeat(isOdd() ? 70 : 1)}${index}`);
    return pick<JsonObject>([
      { type: 'string', enum: list },
      { type: ['string', 'null'], enum: [...list, null] },
      { type: 'integer', enum: [1, 2] },
      { type: 'string', const: 'x' },
      isOdd() ? { enum: ['x', { a: 1 }] } : { type: 'boolean', const: true },
      isOdd() ? { type: 'string', enum: ['x', 1] } : { type: 'null' },
    ]);
  };

  const list = (level: number): JsonObject => ({
    type: 'array',
    ...(!isOdd() && { items: node(level + 1) }),
    ...(isOdd() && pick<JsonObject>([{ minItems: 2 }, { maxItems: 3 }, { uniqueItems: true }, { prefixItems: [{}] }])),
  });

  const choice = (level: number): JsonObject => {
    const choices = [node(level + 1), ...many(3, () => node(level + 1)), { type: 'null' }];
    return { [isOdd() ? pick(['oneOf', 'allOf']) : 'anyOf']: choices, ...(below(3) === 0 && { description: 'One.' }) };
  };

  const reference = (): JsonObject => ({
    $ref: pick([
      '#/$defs/leaf',
      '#/$defs/leaf',
      isOdd() ? '#/$defs/node' : '#/$defs/leaf',
      isOdd() ? '#' : '#/$defs/leaf',
    ]),
    ...(isOdd() && { description: 'A reference.' }),
  });

  const number = (): JsonObject => ({
    type: pick(['number', 'integer']),
    ...(isOdd() && { minimum: 1, multipleOf: 2 }),
  });

  const node = (level: number): JsonValue => {
    room -= 1;
    const leaves = [text, text, values, number, reference, () => ({ type: ['number', 'null'] })];
    if (level >= depth || room <= 0) return pick<() => JsonObject>(leaves)();
    if (isOdd()) return pick<JsonValue>([{}, true, { not: { type: 'null' } }, { description: 'Anything.' }]);
    return pick<() => JsonObject>([
      ...leaves,
      () => object(level),
      () => object(level),
      () => list(level),
      () => choice(level),
    ])();
  };

  return {
    ...(below(3) === 0 && { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Random' }),
    ...object(0),
    $defs: {
      leaf: object(depth),
      node: { type: 'array', items: isOdd() ? { $ref: '#/$defs/node' } : { type: 'string' } },
    },
  };
}
