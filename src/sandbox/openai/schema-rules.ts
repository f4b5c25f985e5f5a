import { isJsonObject, type JsonObject, listOf, stringOf } from '../json.js';
import { schemasIn } from '../json-schema/schemas-in.js';
import { refuse } from './errors.js';

/** The owner of a schema, as the vendor's errors name it. */
export interface SchemaOwner {
  /** Such as `function 'weather'`. */
  what: string;
  param: string;
  code: 'invalid_function_parameters' | 'invalid_json_schema';
}

/** The beginning of an error about a path of a schema. */
export function contextOf({ what }: SchemaOwner, path: readonly string[]): string {
  return `Invalid schema for ${what}: In context=(${path.map((key) => `'${key}'`).join(', ')})`;
}

const NOT_AT_TOP = ['oneOf', 'anyOf', 'allOf', 'enum', 'const', 'not'];

/** Syntax that the vendor's regular expressions, which are Python's, do not support. */
const FOREIGN_PATTERN = /\\[pPkc]|\(\?<[^=!]|\\u\{|\[\^?\]/;

/** Refuses a function's schema that OpenAI does not take, strict or not. */
export function checkParameters(schema: JsonObject, owner: SchemaOwner): void {
  const names = Object.keys(isJsonObject(schema.properties) ? schema.properties : {});
  const isForeign = listOf(schema.required).some((name) => !names.includes(String(name)));
  if (schema.type !== 'object' || NOT_AT_TOP.some((keyword) => keyword in schema) || (names.length > 0 && isForeign)) {
    const keywords = NOT_AT_TOP.map((keyword) => `'${keyword}'`).join('/');
    refuse(
      `Invalid schema for ${owner.what}: schema must have type 'object' and not have ${keywords} at the top level.`,
      owner.param,
      owner.code,
    );
  }
  if (schema.properties === undefined) {
    refuse(`${contextOf(owner, [])}, object schema missing properties.`, owner.param, owner.code);
  }
  checkSchema(schema, owner);
}

/** Refuses a schema that OpenAI takes neither for functions nor for answers. */
export function checkSchema(root: JsonObject, owner: SchemaOwner): void {
  for (const { schema, path } of schemasIn(root)) {
    if ([schema.type].flat().includes('array') && schema.items === undefined) {
      refuse(`${contextOf(owner, path)}, array schema missing items.`, owner.param, owner.code);
    }
    const patterns = [stringOf(schema.pattern), ...Object.keys(schema.patternProperties ?? {})];
    const foreign = patterns.find((pattern) => FOREIGN_PATTERN.test(pattern));
    if (foreign === undefined) continue;
    refuse(`Invalid schema for ${owner.what}: '${foreign}' is not a 'regex'.`, owner.param, owner.code);
  }
}
