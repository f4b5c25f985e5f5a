import { isJsonObject, type JsonObject } from '../json.js';

/** The keywords whose values hold schemas, in a list or by name. */
const HOLDERS = ['properties', '$defs', 'definitions', 'anyOf', 'oneOf', 'allOf', 'prefixItems'];

/** A subschema and the path to it. */
export interface PlacedSchema {
  schema: JsonObject;
  path: readonly string[];
}

/** All subschemas of a schema, including itself. */
export function* schemasIn(schema: unknown, path: readonly string[] = []): Generator<PlacedSchema> {
  if (!isJsonObject(schema)) return;
  yield { schema, path };
  for (const holder of HOLDERS) {
    for (const [name, child] of Object.entries(schema[holder] ?? {})) {
      yield* schemasIn(child, [...path, holder, name]);
    }
  }
  yield* schemasIn(schema.items, [...path, 'items']);
}

/** Whether a schema describes objects. */
export function isObjectSchema({ type }: JsonObject): boolean {
  return [type].flat().includes('object');
}
