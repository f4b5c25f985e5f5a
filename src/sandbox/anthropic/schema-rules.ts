import { isJsonObject, type JsonObject, listOf, objectsOf, stringOf } from '../json.js';
import { isObjectSchema, schemasIn } from '../json-schema/schemas-in.js';
import { refuse } from './errors.js';

/** What the grammar of answers knows nothing of, by the type that it constrains. */
const UNSUPPORTED = Object.entries({
  number: ['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf'],
  integer: ['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf'],
  string: ['maxLength', 'minLength'],
  array: ['contains', 'maxItems', 'prefixItems', 'uniqueItems'],
  object: ['maxProperties', 'minProperties', 'patternProperties', 'propertyNames'],
});

/** Refuses a schema that Anthropic does not make a grammar of. */
export function checkGrammar(root: JsonObject, place: string): void {
  for (const { schema } of schemasIn(root)) {
    checkKeywords(schema, place);
    if (isObjectSchema(schema)) checkClosed(schema, place);
  }
  checkReferences(root, root, [], place);
}

function checkClosed({ additionalProperties: others }: JsonObject, place: string): void {
  if (others === false) return;
  const rule = `${place}: For 'object' type, 'additionalProperties`;
  if (others === undefined) refuse(`${rule}' must be explicitly set to false`);
  const given = others === true ? 'true' : 'object';
  refuse(`${rule}: ${given}' is not supported. Please set 'additionalProperties' to false`);
}

function checkKeywords(schema: JsonObject, place: string): void {
  if ('oneOf' in schema) refuse(`${place}: Schema type 'oneOf' is not supported`);
  if (objectsOf(schema.allOf).some((part) => '$ref' in part)) refuse(`${place}: 'allOf' with '$ref' is not supported`);
  if (listOf(schema.enum).some((value) => typeof value === 'object' && value !== null)) {
    refuse(`${place}: Complex types in enums are not supported`);
  }
  if (Number(schema.minItems ?? 0) > 1) {
    refuse(`${place}: For 'array' type, 'minItems' values other than 0 or 1 are not supported`);
  }
  for (const [type, keywords] of UNSUPPORTED) {
    const found = keywords.filter((keyword) => keyword in schema);
    if (found.length === 0 || ![schema.type].flat().includes(type)) continue;
    const said = found.length > 1 ? `properties ${found.join(', ')} are` : `property '${found.join()}' is`;
    refuse(`${place}: For '${type}' type, ${said} not supported`);
  }
}

const MAX_OPTIONAL = 24;
const MAX_UNIONS = 16;

/** Refuses schemas that together are more than Anthropic makes a grammar of. */
export function checkComplexity(roots: readonly JsonObject[]): void {
  const schemas = roots.flatMap((root) => [...schemasIn(root)]).map(({ schema }) => schema);
  const optional = schemas.flatMap(({ properties, required }) =>
    Object.keys(properties ?? {}).filter((name) => !listOf(required).includes(name)),
  ).length;
  if (optional > MAX_OPTIONAL) {
    refuse(
      `Schemas contains too many optional parameters (${optional}), which would make grammar compilation inefficient. Reduce the number of optional parameters in your tool schemas (limit: ${MAX_OPTIONAL}).`,
    );
  }
  const unions = schemas.filter(({ type, anyOf }) => Array.isArray(type) || anyOf !== undefined).length;
  if (unions > MAX_UNIONS) {
    refuse(
      `Schemas contains too many parameters with union types (${unions} parameters with type arrays or anyOf). This causes exponential compilation cost. Reduce the number of nullable or union-typed parameters (limit: ${MAX_UNIONS} parameters with unions).`,
    );
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
