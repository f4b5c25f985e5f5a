import { type JsonObject, type JsonValue } from '../messages/json.interface.js';
import { type SchemaDialect } from './schema-dialects.js';
import { definition, schemaSize, type SchemaSize } from './schema-size.js';
import { isObject } from '../messages/is-object.js';

// The same schemas come with request after request.
const known = new WeakMap<SchemaDialect, WeakMap<JsonObject, boolean>>();

/** Whether a vendor's grammar takes the schema as it is. */
export function isInDialect(schema: JsonObject, dialect: SchemaDialect): boolean {
  const ofDialect = known.get(dialect) ?? new WeakMap<JsonObject, boolean>();
  known.set(dialect, ofDialect);
  const before = ofDialect.get(schema);
  if (before !== undefined) return before;
  const isTaken = hasForm(schema, dialect) && isWithin(schemaSize(schema), dialect.limits);
  ofDialect.set(schema, isTaken);
  return isTaken;
}

/** The keywords that hold only where a type is among those of the schema. */
const typed = new Map([
  ['object', ['properties', 'required', 'additionalProperties']],
  ['array', ['items', 'minItems', 'maxItems']],
  ['string', ['format']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
]);

/** What may stand beside a choice; beside a reference nothing may ("$ref cannot have keywords {'description'}"). */
const besideChoice = ['anyOf', 'title', 'description', 'default'];

const ofTop = ['$schema', '$defs'];

function isWithin(size: SchemaSize, limits: Partial<SchemaSize>): boolean {
  return Object.entries(limits).every(([measure, max]) => size[measure as keyof SchemaSize] <= max);
}

function hasForm(root: JsonObject, dialect: SchemaDialect): boolean {
  const taken = new Set<string>();

  const takes = (node: JsonValue | undefined, open: readonly string[]): boolean => {
    if (!isObject(node)) return false;
    const keywords = Object.keys(node).filter((keyword) => node !== root || !ofTop.includes(keyword));
    if (!keywords.every((keyword) => dialect.keywords.has(keyword) && !ofTop.includes(keyword))) return false;
    if (typeof node.$ref === 'string') return keywords.length === 1 && takesReference(node.$ref, open);
    const isKnown = node.anyOf === undefined ? hasType(node, keywords) : isChoice(node, keywords);
    return isKnown && isClosed(node, dialect) && childrenOf(node).every((child) => takes(child, open));
  };

  const takesReference = (reference: string, open: readonly string[]): boolean => {
    if (open.includes(reference)) return dialect.isRecursive;
    if (!taken.has(reference) && !takes(definition(root, reference), [...open, reference])) return false;
    taken.add(reference);
    return true;
  };

  const hasType = (node: JsonObject, keywords: readonly string[]): boolean => {
    const types = typesOf(node);
    const isTyped = [...typed].every(
      ([type, own]) => types.includes(type) || !own.some((keyword) => keywords.includes(keyword)),
    );
    const { items, format, minItems = 0 } = node;
    const hasItems = items !== undefined || !types.includes('array');
    const isFormat = format === undefined || dialect.formats.has(format as string);
    return isTyped && hasItems && isFormat && Number(minItems) <= dialect.maxMinItems && hasValues(node, types);
  };

  const isChoice = ({ anyOf: choices }: JsonObject, keywords: readonly string[]): boolean => {
    const isAlone = keywords.every((keyword) => besideChoice.includes(keyword));
    if (!isAlone || !Array.isArray(choices) || choices.length === 0) return false;
    return !dialect.hasDistinctChoices || areDistinct(choices, root);
  };

  // The vendors look at definitions that nothing refers to as well.
  const names = Object.keys(isObject(root.$defs) ? root.$defs : {});
  return takes(root, ['#']) && names.every((name) => takesReference(`#/$defs/${name}`, []));
}

/** The types of a schema; whole numbers are numbers. */
function typesOf({ type }: JsonObject): JsonValue[] {
  const types = type === undefined ? [] : [type].flat();
  return types.includes('integer') ? [...types, 'number'] : types;
}

/** Whether it has a type, and its values are of that. */
function hasValues({ enum: values, const: value }: JsonObject, types: readonly JsonValue[]): boolean {
  const isOfType = (item: JsonValue) =>
    typeof item !== 'object' || item === null ? types.includes(typeOf(item)) : false;
  const isList = values === undefined || (Array.isArray(values) && values.length > 0 && values.every(isOfType));
  return types.length > 0 && isList && (value === undefined || isOfType(value));
}

function typeOf(value: JsonValue): string {
  return value === null ? 'null' : typeof value;
}

/**
 * Whether the objects of a choice can be told apart by their first properties: OpenAI refuses those that "share
 * identical first keys", unless each has a constant of its own there.
 */
function areDistinct(choices: readonly JsonValue[], root: JsonObject): boolean {
  const firsts = choices.flatMap((choice): [name: string, values: JsonValue[] | undefined][] => {
    const found = isObject(choice) && typeof choice.$ref === 'string' ? definition(root, choice.$ref) : choice;
    const properties = isObject(found) && isObject(found.properties) ? found.properties : {};
    const [first] = Object.entries(properties);
    return first === undefined ? [] : [[first[0], valuesOf(first[1])]];
  });
  return firsts.every(([name, values], index) =>
    firsts.slice(0, index).every(([other, others]) => {
      if (name !== other) return true;
      return values !== undefined && others !== undefined && !values.some((value) => others.includes(value));
    }),
  );
}

function valuesOf(schema: JsonValue): JsonValue[] | undefined {
  if (!isObject(schema)) return undefined;
  if (schema.const !== undefined) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

function isClosed(node: JsonObject, { isComplete, propertyName }: SchemaDialect): boolean {
  const { properties, required = [], additionalProperties } = node;
  if (!typesOf(node).includes('object')) return true;
  if (!isObject(properties) || !Array.isArray(required) || additionalProperties !== false) return false;
  const names = Object.keys(properties);
  const isWhole = names.every((name) => required.includes(name));
  const areKnown = required.every((name) => typeof name === 'string' && Object.hasOwn(properties, name));
  return (isWhole || !isComplete) && areKnown && names.every((name) => propertyName.test(name));
}

/** The schemas within a schema, except the definitions: those are met where they are referred to. */
function childrenOf({ properties, items, anyOf }: JsonObject): JsonValue[] {
  return [
    ...(isObject(properties) ? Object.values(properties) : []),
    ...(items === undefined ? [] : [items]),
    ...(Array.isArray(anyOf) ? anyOf : []),
  ];
}
