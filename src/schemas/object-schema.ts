import { type JsonObject } from '../messages/json.interface.js';
import { isObject } from '../messages/is-object.js';

/**
 * Keywords that the vendors refuse next to the type of an object at the top. Claude: "input_schema does not support
 * oneOf, allOf, or anyOf at the top level"; OpenAI: "schema must have type 'object' and not have
 * 'oneOf'/'anyOf'/'allOf'/'enum'/'const'/'not' at the top level".
 */
const refusedAtTop = ['anyOf', 'oneOf', 'allOf', 'not', 'enum', 'const'];

/** What Claude takes for the names of properties at the top: "Property keys should match pattern …". */
export const CLAUDE_PROPERTY_NAME = /^[a-zA-Z0-9_.-]{1,64}$/;

/** What keeps a schema from being that of one object, as the vendors want it at the top; undefined where nothing does. */
export function topProblem(schema: JsonObject): string | undefined {
  const refused = refusedAtTop.find((keyword) => Object.hasOwn(schema, keyword));
  if (refused !== undefined) return `"${refused}"`;
  return schema.type === 'object' ? undefined : `the type ${JSON.stringify(schema.type ?? null)}`;
}

/** Why no model can be asked for an answer of a schema, and what to do about it; undefined where one can. */
export function answerProblem(schema: JsonObject): string | undefined {
  const found = topProblem(schema);
  if (found === undefined) return undefined;
  return `The models answer with one object, and this schema has ${found} at its top: put that into a property of an object.`;
}

/** The first top-level property whose name Claude refuses, if any. */
export function refusedName({ properties }: JsonObject): string | undefined {
  const names = Object.keys(isObject(properties) ? properties : {});
  return names.find((name) => !CLAUDE_PROPERTY_NAME.test(name));
}
