import { _, Ajv2020, type KeywordErrorDefinition } from 'ajv/dist/2020.js';
import { type JsonObject, type JsonValue } from '../messages/json.interface.js';
import { mapSubschemas } from './subschemas.js';
import { isObject } from '../messages/is-object.js';

/**
 * A validator that sees the own properties of a value only. By itself ajv reads `constructor` or `toString` from
 * `Object.prototype` where a value does not have it, and calls `toString` and `valueOf` of objects that it compares.
 */
export function ownPropertiesAjv(): Ajv2020 {
  // An instance for each schema, so that schemas with the same $id live side by side.
  const ajv = new Ajv2020({
    allErrors: true,
    ownProperties: true,
    strict: false,
    validateFormats: false,
    logger: false,
  });
  for (const keyword of ['const', 'enum', 'uniqueItems']) ajv.removeKeyword(keyword);
  ajv.addKeyword({ keyword: 'const', compile: (value: JsonValue) => isOneOf([value]), error: constError });
  ajv.addKeyword({
    keyword: 'enum',
    schemaType: 'array',
    metaSchema: { type: 'array', minItems: 1 },
    compile: isOneOf,
    error: enumError,
  });
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    compile: (isUnique: boolean) => (items: JsonValue[]) =>
      !isUnique || new Set(items.map(canonicalJson)).size === items.length,
    error: { message: 'must NOT have duplicate items' },
  });
  return ajv;
}

/** Names the property `__proto__` by a pattern as well: ajv passes it over among `properties`. */
export function withOwnProto(schema: JsonObject): JsonObject {
  const { properties, patternProperties } = schema;
  const named = isObject(properties) && Object.getOwnPropertyDescriptor(properties, '__proto__');
  if (!named) return mapSubschemas(schema, withOwnProto);
  const patterns = isObject(patternProperties) ? patternProperties : {};
  const both = { '^__proto__$': named.value as JsonValue, ...patterns };
  return mapSubschemas({ ...schema, patternProperties: both }, withOwnProto);
}

const constError: KeywordErrorDefinition = {
  message: 'must be equal to constant',
  params: ({ schemaCode }) => _`{allowedValue: ${schemaCode}}`,
};

const enumError: KeywordErrorDefinition = {
  message: 'must be equal to one of the allowed values',
  params: ({ schemaCode }) => _`{allowedValues: ${schemaCode}}`,
};

function isOneOf(allowed: JsonValue[]): (value: JsonValue) => boolean {
  const known = new Set(allowed.map(canonicalJson));
  return (value) => known.has(canonicalJson(value));
}

/** The same text for values that are equal in JSON, whatever the order of their properties. */
function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, item: JsonValue) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(byName)) : item,
  );
}

function byName([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : 1;
}
