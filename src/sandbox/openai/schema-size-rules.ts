import { isJsonObject, type JsonObject, listOf, objectOf } from '../json.js';
import { isObjectSchema, schemasIn } from '../json-schema/schemas-in.js';
import { refuse } from './errors.js';
import { type SchemaOwner } from './schema-rules.js';

const MAX_PROPERTIES = 5_000;
const MAX_LEVELS = 10;
const MAX_TEXT = 120_000;
const MAX_ENUM_VALUES = 1_000;
const MAX_SMALL_ENUM = 250;
const MAX_LARGE_ENUM_TEXT = 15_000;

const ADVICE = "Consider reducing the number of enums, or use 'strict: false' to opt out of structured outputs.";

/** Refuses a strict schema that is larger than OpenAI takes. */
export function checkSchemaSize(root: unknown, { what, param, code }: SchemaOwner): void {
  const schemas = [...schemasIn(root)].map(({ schema }) => schema);
  const names = schemas.flatMap(({ properties }) => Object.keys(objectOf(properties)));
  const values = schemas.flatMap((schema) => listOf(schema.enum));
  const definitions = Object.keys(objectOf(objectOf(root).$defs));
  const constants = schemas.flatMap((schema) => ('const' in schema ? [schema.const] : []));
  const tooMuch = (text: string) => refuse(`Invalid schema for ${what}: ${text}`, param, code);

  if (names.length > MAX_PROPERTIES) tooMuch(`${names.length} parameters exceeds limit of ${MAX_PROPERTIES}.`);
  const levels = levelsOf(root);
  if (levels > MAX_LEVELS) tooMuch(`${levels} levels of nesting exceeds limit of ${MAX_LEVELS}.`);
  if (values.length > MAX_ENUM_VALUES) {
    tooMuch(
      `Expected at most ${MAX_ENUM_VALUES} enum values in total within a single schema when using structured outputs, but received ${values.length}. ${ADVICE}`,
    );
  }
  const enumText = lengthOf(values);
  if (values.length > MAX_SMALL_ENUM && enumText > MAX_LARGE_ENUM_TEXT) {
    tooMuch(
      `Expected at most ${MAX_LARGE_ENUM_TEXT} total characters across enum values when there are more than ${MAX_SMALL_ENUM} enum values, but received ${enumText}. ${ADVICE}`,
    );
  }
  const text = lengthOf([...names, ...definitions, ...values, ...constants]);
  if (text > MAX_TEXT) tooMuch(`${text} characters exceeds limit of ${MAX_TEXT}.`);
}

function lengthOf(values: readonly unknown[]): number {
  return values.reduce<number>(
    (length, value) => length + (typeof value === 'string' ? value : JSON.stringify(value)).length,
    0,
  );
}

/** The nesting depth of objects and lists. */
function levelsOf(node: unknown): number {
  if (!isJsonObject(node)) return 0;
  const own = isObjectSchema(node) || [node.type].flat().includes('array') ? 1 : 0;
  return own + Math.max(0, ...childrenOf(node).map(levelsOf));
}

function childrenOf({ properties, items, anyOf, $defs }: JsonObject): unknown[] {
  return [...Object.values(objectOf(properties)), items, ...listOf(anyOf), ...Object.values(objectOf($defs))];
}
