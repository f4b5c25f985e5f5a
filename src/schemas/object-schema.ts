import { type JsonObject } from '../messages/json.interface.js';

/** Keywords that the vendors refuse next to the type of an object. */
const refusedAtTop = ['anyOf', 'oneOf', 'allOf', 'not', 'enum'];

/** What keeps a schema from being that of one object, as the vendors want it at the top; undefined where nothing does. */
export function topProblem(schema: JsonObject): string | undefined {
  const refused = refusedAtTop.find((keyword) => keyword in schema);
  if (refused !== undefined) return `"${refused}"`;
  return schema.type === 'object' ? undefined : `the type ${JSON.stringify(schema.type ?? null)}`;
}
