import { type JsonObject, type JsonValue } from '../messages/json.interface.js';
import { isObject } from '../messages/is-object.js';

/** The keywords of the 2020-12 dialect that hold one schema, a list of them, and schemas by name. */
const single = [
  'items',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
];
const listed = ['prefixItems', 'anyOf', 'oneOf', 'allOf'];
const named = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];

/** A copy of a schema with each direct subschema replaced; its other keywords stay. */
export function mapSubschemas(schema: JsonObject, map: (subschema: JsonObject) => JsonObject): JsonObject {
  const mapped = (value: JsonValue): JsonValue => (isObject(value) ? map(value) : value);
  const entries = Object.entries(schema).map(([keyword, value]): [string, JsonValue] => {
    if (single.includes(keyword)) return [keyword, mapped(value)];
    if (listed.includes(keyword) && Array.isArray(value)) return [keyword, value.map(mapped)];
    if (!named.includes(keyword) || !isObject(value)) return [keyword, value];
    return [keyword, Object.fromEntries(Object.entries(value).map(([name, child]) => [name, mapped(child)]))];
  });
  return Object.fromEntries(entries);
}

/** The schemas that a schema holds directly; `true` and `false` are left out. */
export function subschemasOf(schema: JsonObject): JsonObject[] {
  const held: JsonObject[] = [];
  mapSubschemas(schema, (subschema) => {
    held.push(subschema);
    return subschema;
  });
  return held;
}
