import { type JsonObject, type JsonValue } from '../messages/json.interface.js';
import { mapSubschemas } from '../schemas/subschemas.js';
import { isPortable } from './portable-pattern.js';
import { isObject } from '../messages/is-object.js';

// The same schemas come with request after request.
const known = new WeakMap<JsonObject, JsonObject>();

/**
 * A schema as OpenAI takes it at all, strict or not: "object schema missing properties", "array schema missing items"
 * and a property that is required without being named are said with what they mean already, and regular expressions
 * that only JavaScript knows ("is not a 'regex'") are left out.
 */
export function openaiSchema(schema: JsonObject): JsonObject {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const repaired = repair(withProperties(schema));
  known.set(schema, repaired);
  return repaired;
}

function repair(schema: JsonObject): JsonObject {
  const types = [schema.type].flat();
  const portable = withoutForeignNames(withoutForeignPattern(schema));
  const object = types.includes('object') && !isRecord(portable) ? withProperties(portable) : portable;
  const isOpenList = types.includes('array') && object.items === undefined;
  return mapSubschemas(isOpenList ? { ...object, items: {} } : object, repair);
}

/** Whether it says by other means what the properties of its objects are, which is enough below the top. */
function isRecord({ properties, additionalProperties, patternProperties }: JsonObject): boolean {
  if (properties !== undefined) return false;
  return additionalProperties === true || [additionalProperties, patternProperties].some(isObject);
}

function withProperties(schema: JsonObject): JsonObject {
  const { properties, required, additionalProperties } = schema;
  const named = isObject(properties) ? properties : {};
  const names = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
  const missing = names.filter((name) => !Object.hasOwn(named, name));
  if (properties !== undefined && missing.length === 0) return schema;
  const value = isObject(additionalProperties) ? additionalProperties : {};
  const others = Object.fromEntries(missing.map((name): [string, JsonValue] => [name, value]));
  return { ...schema, properties: { ...named, ...others } };
}

function withoutForeignPattern(schema: JsonObject): JsonObject {
  const { pattern, ...others } = schema;
  return typeof pattern === 'string' && !isPortable(pattern) ? others : schema;
}

/** Where a pattern of names is left out, so is that the object is closed to other names. */
function withoutForeignNames(schema: JsonObject): JsonObject {
  const { patternProperties, additionalProperties: _closed, ...others } = schema;
  if (!isObject(patternProperties) || Object.keys(patternProperties).every(isPortable)) return schema;
  const portable = Object.entries(patternProperties).filter(([pattern]) => isPortable(pattern));
  return { ...others, patternProperties: Object.fromEntries(portable) };
}
