import { isJsonObject, type JsonObject, listOf, objectOf, objectsOf, stringOf } from '../json.js';
import { isObjectSchema, schemasIn } from '../json-schema/schemas-in.js';
import { type Reply } from '../server/reply.js';
import { anthropicErrors, refuse } from './errors.js';

/** The keywords that the grammar does not support, by the type that they constrain. */
const UNSUPPORTED = Object.entries({
  number: ['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf'],
  integer: ['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf'],
  string: ['maxLength', 'minLength'],
  array: ['contains', 'maxItems', 'prefixItems', 'uniqueItems'],
  object: ['maxProperties', 'minProperties', 'patternProperties', 'propertyNames'],
});

/** Refuses a schema that Anthropic does not compile to a grammar. */
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
/**
 * In a unit of the sandbox, see `grammarSize`. The vendor documents "additional internal limits on the compiled grammar
 * size" (Structured outputs, "Schema complexity limits"), but neither the limits nor how it measures the size.
 */
const MAX_GRAMMAR_SIZE = 500;

/** The vendor's message about a grammar that exceeds the limit. */
const GRAMMAR_TOO_LARGE =
  'The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.';

/** Refuses schemas whose combined grammar is too large for Anthropic. */
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
  const size = roots.reduce((sum, root) => sum + grammarSize(root), 0);
  if (size > MAX_GRAMMAR_SIZE) refuse(GRAMMAR_TOO_LARGE);
}

/** The number of schemas and enum values. Those of a definition count once for each reference to it. */
function grammarSize(root: JsonObject): number {
  const known = new Map<string, number>();
  const sizeOf = (node: unknown): number => {
    const schemas = [...schemasIn(isJsonObject(node) ? { ...node, $defs: {} } : node)].map(({ schema }) => schema);
    return schemas.reduce((sum, { $ref, enum: values }) => sum + 1 + listOf(values).length + sizeBehind($ref), 0);
  };
  const sizeBehind = (reference: unknown): number => {
    if (typeof reference !== 'string') return 0;
    const before = known.get(reference);
    if (before !== undefined) return before;
    // Ends circular references, which checkReferences refuses.
    known.set(reference, 0);
    const size = sizeOf(findDefinition(root, reference));
    known.set(reference, size);
    return size;
  };
  return sizeOf(root);
}

/** The refusal of the request's grammar (its answer's or a strict tool's) as too large; undefined without a grammar. */
export function grammarRefusal({ output_config: config, tools }: JsonObject): Reply | undefined {
  const isOfAnswer = objectOf(config).format != null;
  if (!isOfAnswer && !objectsOf(tools).some(({ strict }) => strict === true)) return undefined;
  const place = isOfAnswer ? 'output_config.format.schema: Invalid schema: ' : '';
  return anthropicErrors.invalidRequest(place + GRAMMAR_TOO_LARGE);
}

/** Refuses circular references, whose grammar would be infinite, and unresolved ones. */
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
  return findDefinition(root, reference) ?? refuse(`${place}: Could not resolve the reference ${reference}`);
}

function findDefinition(root: JsonObject, reference: string): unknown {
  const [anchor, holder = '', name = '', ...rest] = reference.split('/');
  const definitions = root[holder];
  const isFound = anchor === '#' && rest.length === 0 && isJsonObject(definitions) && Object.hasOwn(definitions, name);
  return isFound ? definitions[name] : undefined;
}
