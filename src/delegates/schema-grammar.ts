import { type JsonObject, type JsonValue } from '../messages/json.interface.js';

/** Which schemas a vendor enforces by a grammar; the others it refuses there, though a model may follow them. */
export interface SchemaGrammar {
  /** The keywords that it takes besides those that all vendors take. */
  keywords: readonly string[];
  /** Whether all properties of an object must be required. */
  isComplete: boolean;
  /** Whether a schema may refer to itself. */
  isRecursive: boolean;
}

// `pattern` is missing: no vendor tells to the letter which regular expressions it takes.
const common = `$schema $defs $ref title description type const enum anyOf items format
  properties required additionalProperties`.split(/\s+/);
const formats = new Set<unknown>('date-time time date duration email hostname ipv4 ipv6 uuid'.split(' '));

/** Whether the grammar takes the schema as it is. */
export function isInGrammar(schema: JsonObject, grammar: SchemaGrammar): boolean {
  const known = new Set([...common, ...grammar.keywords]);
  const taken = new Set<string>();

  const takes = (node: JsonValue | undefined, open: readonly string[]): boolean => {
    if (!isObject(node) || !Object.keys(node).every((keyword) => known.has(keyword))) return false;
    if (typeof node.$ref === 'string') return takesReference(node.$ref, open);
    return hasKnownForm(node) && isClosed(node, grammar) && childrenOf(node).every((child) => takes(child, open));
  };

  const takesReference = (reference: string, open: readonly string[]): boolean => {
    if (open.includes(reference)) return grammar.isRecursive;
    if (!taken.has(reference) && !takes(definition(schema, reference), [...open, reference])) return false;
    taken.add(reference);
    return true;
  };

  return takes(schema, ['#']);
}

function hasKnownForm({ type, anyOf, items, format, enum: values = [] }: JsonObject): boolean {
  const isTyped = type !== undefined || anyOf !== undefined;
  const isItemized = !typesOf(type).includes('array') || items !== undefined;
  const isFlat = Array.isArray(values) && values.every((value) => typeof value !== 'object' || value === null);
  return isTyped && isItemized && isFlat && (format === undefined || formats.has(format));
}

function isClosed({ type, properties, required, additionalProperties }: JsonObject, grammar: SchemaGrammar): boolean {
  if (!typesOf(type).includes('object')) return true;
  const names = Object.keys(isObject(properties) ? properties : {});
  const isWhole = names.every((name) => Array.isArray(required) && required.includes(name));
  return additionalProperties === false && (isWhole || !grammar.isComplete);
}

function typesOf(type: JsonValue | undefined): unknown[] {
  return [type].flat();
}

/** The schemas within a schema, but for the definitions: those are met where they are referred to. */
function childrenOf({ properties, items, anyOf }: JsonObject): JsonValue[] {
  return [
    ...(isObject(properties) ? Object.values(properties) : []),
    ...(items === undefined ? [] : [items]),
    ...(Array.isArray(anyOf) ? anyOf : []),
  ];
}

function definition({ $defs }: JsonObject, reference: string): JsonValue | undefined {
  const name = /^#\/\$defs\/([^/~%]+)$/.exec(reference)?.[1];
  return name !== undefined && isObject($defs) && Object.hasOwn($defs, name) ? $defs[name] : undefined;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
