import { isJsonObject, type JsonObject } from '../json.js';

/** The keywords whose values hold schemas, in a list or by name. */
const HOLDERS = ['properties', '$defs', 'definitions', 'anyOf', 'oneOf', 'allOf', 'prefixItems'];

/** A schema within a schema, and the keys that lead to it. */
export interface PlacedSchema {
  schema: JsonObject;
  path: readonly string[];
}

/** All schemas in a schema, itself included. */
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

/** Whether a schema is one of objects. */
export function isObjectSchema({ type }: JsonObject): boolean {
  return [type].flat().includes('object');
}
