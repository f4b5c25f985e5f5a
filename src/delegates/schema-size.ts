import { type JsonObject, type JsonValue } from '../messages/json.interface.js';
import { subschemasOf } from '../schemas/subschemas.js';
import { isObject } from '../messages/is-object.js';

/** How large a schema is, in what the vendors limit. */
export interface SchemaSize {
  /** Of all objects, those of definitions included. */
  properties: number;
  /** How deep objects, lists and choices are nested; a definition begins one level below the top. */
  levels: number;
  /** Of the names of properties and definitions and of the values of enumerations and constants, in characters. */
  textLength: number;
  /** Of all enumerations. */
  enumValues: number;
  /** The length of the values of all enumerations where there are more than 250 of them; else 0. */
  largeEnumText: number;
  /** Properties that are not required; those of a definition count wherever it is referred to. */
  optionalProperties: number;
  /** Schemas with a list of types or a choice; those of a definition count wherever it is referred to. */
  unions: number;
}

const MAX_SMALL_ENUM = 250;

/** Measures a schema. */
export function schemaSize(root: JsonObject): SchemaSize {
  const enums: JsonValue[] = [];
  let properties = 0;
  let textLength = 0;
  const measure = (node: JsonObject): number => {
    const names = [node.properties, node.$defs].filter(isObject).flatMap((schemas) => Object.keys(schemas));
    const values = Array.isArray(node.enum) ? node.enum : [];
    for (const value of values) enums.push(value);
    properties += Object.keys(isObject(node.properties) ? node.properties : {}).length;
    textLength += lengthOf([...names, ...values, ...('const' in node ? [node.const ?? null] : [])]);
    const children = subschemasOf(node).map(measure);
    const isNested = [node.properties, node.items, node.anyOf].some((held) => held !== undefined);
    return Math.max(0, ...children) + (isNested || children.length > 0 ? 1 : 0);
  };
  const levels = measure(root);
  const largeEnumText = enums.length > MAX_SMALL_ENUM ? lengthOf(enums) : 0;
  return { properties, levels, textLength, enumValues: enums.length, largeEnumText, ...usesIn(root) };
}

type Uses = Pick<SchemaSize, 'optionalProperties' | 'unions'>;

/** What counts as often as it is referred to. */
function usesIn(root: JsonObject): Uses {
  const known = new Map<string, Uses>();

  const uses = ({ $defs: _definitions, ...node }: JsonObject): Uses => {
    if (typeof node.$ref === 'string') return ofReference(node.$ref);
    return subschemasOf(node).map(uses).reduce(sum, own(node));
  };

  const ofReference = (reference: string): Uses => {
    const before = known.get(reference);
    if (before !== undefined) return before;
    // What leads back to itself adds nothing more.
    known.set(reference, none);
    const target = definition(root, reference);
    const found = isObject(target) ? uses(target) : none;
    known.set(reference, found);
    return found;
  };

  return uses(root);
}

const none: Uses = { optionalProperties: 0, unions: 0 };

function own({ properties, required, type, anyOf }: JsonObject): Uses {
  const names = Object.keys(isObject(properties) ? properties : {});
  const optional = names.filter((name) => !Array.isArray(required) || !required.includes(name));
  return { optionalProperties: optional.length, unions: Array.isArray(type) || anyOf !== undefined ? 1 : 0 };
}

function sum(left: Uses, right: Uses): Uses {
  return {
    optionalProperties: left.optionalProperties + right.optionalProperties,
    unions: left.unions + right.unions,
  };
}

function lengthOf(values: readonly JsonValue[]): number {
  return values.reduce<number>(
    (length, value) => length + (typeof value === 'string' ? value : JSON.stringify(value)).length,
    0,
  );
}

/** The definition that a reference of the form `#/$defs/name` leads to. */
export function definition({ $defs }: JsonObject, reference: string): JsonValue | undefined {
  const name = /^#\/\$defs\/([^/~%]+)$/.exec(reference)?.[1];
  return name !== undefined && isObject($defs) && Object.hasOwn($defs, name) ? $defs[name] : undefined;
}
