import { isJsonObject, type JsonObject } from '../json.js';

/** The keywords whose values hold schemas, in a list or by name. */
const HOLDERS = ['properties', '$defs', 'definitions', 'anyOf', 'oneOf', 'allOf', 'prefixItems'];

/** A schema within a schema, and the keys that lead to it. */
export interface PlacedSchema {
  schema: JsonObject;
  path: readonly string[];
}

/** All schemas of objects in a schema, itself included. */
export function* objectSchemas(schema: unknown, path: readonly string[] = []): Generator<PlacedSchema> {
  if (!isJsonObject(schema)) return;
  if ([schema.type].flat().includes('object')) yield { schema, path };
  for (const holder of HOLDERS) {
    for (const [name, child] of Object.entries(schema[holder] ?? {})) {
      yield* objectSchemas(child, [...path, holder, name]);
    }
  }
  yield* objectSchemas(schema.items, [...path, 'items']);
}
