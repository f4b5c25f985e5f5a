import { isJsonObject, type JsonObject, stringOf } from '../json.js';
import { isObjectSchema, schemasIn } from '../json-schema/schemas-in.js';
import { refuse } from './errors.js';

/** What the grammar of answers knows nothing of, by the type that it constrains. */
const UNSUPPORTED = Object.entries({
  number: ['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf'],
  integer: ['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf'],
  string: ['maxLength', 'minLength'],
  array: ['maxItems', 'uniqueItems'],
  object: ['maxProperties', 'minProperties', 'patternProperties', 'propertyNames'],
});

/** Refuses a schema that Anthropic does not make a grammar of. */
export function checkGrammar(root: JsonObject, place: string): void {
  for (const { schema } of schemasIn(root)) {
    checkKeywords(schema, place);
    if (!isObjectSchema(schema) || schema.additionalProperties === false) continue;
    refuse(`${place}: For 'object' type, 'additionalProperties' must be explicitly set to false`);
  }
  checkReferences(root, root, [], place);
}

function checkKeywords(schema: JsonObject, place: string): void {
  if ('oneOf' in schema) refuse(`${place}: Schema type 'oneOf' is not supported`);
  if (Number(schema.minItems ?? 0) > 1) {
    refuse(`${place}: For 'array' type, 'minItems' values other than 0 or 1 are not supported`);
  }
  for (const [type, keywords] of UNSUPPORTED) {
    const found = keywords.filter((keyword) => keyword in schema);
    if (found.length === 0 || ![schema.type].flat().includes(type)) continue;
    refuse(`${place}: For '${type}' type, properties ${found.join(', ')} are not supported`);
  }
}

/** A grammar that leads back to itself would never end. */
function checkReferences(node: unknown, root: JsonObject, open: readonly string[], place: string): void {
  for (const { schema } of schemasIn(isJsonObject(node) ? { ...node, $defs: {} } : node)) {
    const reference = stringOf(schema.$ref);
    if (reference === '') continue;
    if (reference === '#' || open.includes(reference))
      refuse(`${place}: Recursive schemas are not supported: ${reference}`);
    checkReferences(definition(root, reference, place), root, [...open, reference], place);
  }
}

function definition(root: JsonObject, reference: string, place: string): unknown {
  const [anchor, holder = '', name = '', ...rest] = reference.split('/');
  const definitions = root[holder];
  if (anchor === '#' && rest.length === 0 && isJsonObject(definitions) && Object.hasOwn(definitions, name))
    return definitions[name];
  return refuse(`${place}: Could not resolve the reference ${reference}`);
}
