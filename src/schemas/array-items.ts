import { type JsonObject, type JsonValue } from '../messages/json.interface.js';
import { isObject } from '../messages/is-object.js';

/** Where a schema has an array that does not say what its items are, which OpenAI refuses; undefined where it has none. */
export function arrayWithoutItems(schema: JsonValue | undefined, path = ''): string | undefined {
  if (!isObject(schema)) return undefined;
  const { type, items, prefixItems } = schema;
  if ([type].flat().includes('array') && items === undefined && prefixItems === undefined) return path;
  for (const [key, child] of childrenOf(schema)) {
    const found = arrayWithoutItems(child, path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function childrenOf({ properties, $defs, items, additionalProperties, ...others }: JsonObject): [string, JsonValue][] {
  const named = [properties, $defs].filter(isObject).flatMap((schemas) => Object.entries(schemas));
  const choices = [others.anyOf, others.oneOf, others.allOf].flat().map((choice, index) => [`${index}`, choice]);
  const entries = [...named, ['items', items], ['additionalProperties', additionalProperties], ...choices];
  return entries.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
}
