import { isJsonObject, type JsonObject, listOf, objectsOf, stringOf } from '../json.js';
import { minimalNumber, minimalString } from './minimal-scalars.js';

interface Place {
  root: unknown;
  /** The references that are being followed, to detect circular ones. */
  open: readonly string[];
}

/**
 * The smallest value that a schema allows: only required properties, the fewest items, the first alternative. Always the
 * same for the same schema. Supports the keywords that the vendors take, except `pattern`.
 */
export function minimalInstance(schema: unknown): unknown {
  return build(schema, { root: schema, open: ['#'] }) ?? null;
}

/** The instance; `undefined` if every instance is infinite. */
function build(schema: unknown, place: Place): unknown {
  if (!isJsonObject(schema)) return schema === false ? undefined : null;
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return listOf(schema.enum)[0];
  if (typeof schema.$ref === 'string') return follow(schema.$ref, place);
  const { anyOf, oneOf, allOf, ...rest } = schema;
  if (Array.isArray(allOf)) return build(objectsOf(allOf).reduce(merge, rest), place);
  const choices = anyOf ?? oneOf;
  if (Array.isArray(choices)) return firstFinite(listOf(choices), (choice) => build(merge(rest, choice), place));
  return firstFinite(typesOf(schema), (type) => ofType(type, schema, place));
}

function follow(reference: string, place: Place): unknown {
  if (place.open.includes(reference)) return undefined;
  const keys = reference.split('/').slice(1);
  const target = keys.reduce<unknown>((node, key) => (isJsonObject(node) ? node[unescaped(key)] : false), place.root);
  return build(target, { ...place, open: [...place.open, reference] });
}

function unescaped(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Merges two schemas. */
function merge(schema: JsonObject, other: unknown): JsonObject {
  if (!isJsonObject(other)) return schema;
  return {
    ...schema,
    ...other,
    properties: { ...objectOf(schema.properties), ...objectOf(other.properties) },
    required: [...listOf(schema.required), ...listOf(other.required)],
  };
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function firstFinite<T>(choices: readonly T[], instance: (choice: T) => unknown): unknown {
  for (const choice of choices) {
    const built = instance(choice);
    if (built !== undefined) return built;
  }
  return undefined;
}

function typesOf({ type, properties, items }: JsonObject): unknown[] {
  if (type !== undefined) return Array.isArray(type) ? listOf(type) : [type];
  if (Object.keys(objectOf(properties)).length > 0) return ['object'];
  return items === undefined ? ['null'] : ['array'];
}

function ofType(type: unknown, schema: JsonObject, place: Place): unknown {
  switch (type) {
    case 'object':
      return minimalObject(schema, place);
    case 'array':
      return minimalArray(schema, place);
    case 'string':
      return minimalString(schema);
    case 'integer':
    case 'number':
      return minimalNumber(schema);
    case 'boolean':
      return false;
    default:
      return null;
  }
}

function minimalObject(schema: JsonObject, place: Place): JsonObject | undefined {
  const properties = objectOf(schema.properties);
  const names = listOf(schema.required).map(stringOf);
  const entries = names.map((name) => [name, build(properties[name] ?? true, place)] as const);
  return entries.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(entries);
}

function minimalArray({ prefixItems, items, minItems }: JsonObject, place: Place): unknown[] | undefined {
  const first = listOf(prefixItems);
  const length = Math.max(Number(minItems ?? 0), first.length);
  const values = Array.from({ length }, (_, index) => build(first[index] ?? items ?? true, place));
  return values.includes(undefined) ? undefined : values;
}
