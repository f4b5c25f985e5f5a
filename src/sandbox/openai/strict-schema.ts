import { isJsonObject, type JsonObject, listOf, objectOf, objectsOf, stringOf } from '../json.js';
import { isObjectSchema, type PlacedSchema, schemasIn } from '../json-schema/schemas-in.js';
import { refuse } from './errors.js';
import { contextOf, type SchemaOwner } from './schema-rules.js';
import { checkSchemaSize } from './schema-size-rules.js';

/** The keywords that strict mode supports. */
const PERMITTED = new Set(
  `$schema $id $defs definitions $ref title description type const enum anyOf items minItems maxItems pattern format
  multipleOf minimum maximum exclusiveMinimum exclusiveMaximum properties required additionalProperties`.split(/\s+/),
);

const FORMATS = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'];

/** Refuses a schema that OpenAI does not compile to a grammar. */
export function checkStrictSchema(root: unknown, owner: SchemaOwner): void {
  for (const placed of schemasIn(root)) checkNode(placed, owner);
  for (const { schema } of schemasIn(root)) checkChoice(schema, objectOf(root));
  checkSchemaSize(root, owner);
}

function checkNode({ schema, path }: PlacedSchema, owner: SchemaOwner): void {
  const { code, param } = owner;
  const context = contextOf(owner, path);
  const others = Object.keys(schema).filter((keyword) => keyword !== '$ref');
  if (schema.$ref !== undefined && others.length > 0) {
    const named = others.map((keyword) => `'${keyword}'`).join(', ');
    refuse(`${context.replace(': In ', ': ')}, $ref cannot have keywords {${named}}.`, param, code);
  }
  const unknown = others.find((keyword) => !PERMITTED.has(keyword));
  if (unknown !== undefined) refuse(`${context}, '${unknown}' is not permitted.`, param, code);
  if (['type', 'anyOf', '$ref'].every((keyword) => schema[keyword] === undefined)) {
    refuse(`${context}, schema must have a 'type' key.`, param, code);
  }
  checkValues(schema, context, owner);
  if (isObjectSchema(schema)) checkObject(schema, context, owner);
}

function checkValues(schema: JsonObject, context: string, { code, param }: SchemaOwner): void {
  const { enum: values = [], const: value, format, type } = schema;
  const types = listOf([type].flat());
  const wrong = [...listOf(values), ...(value === undefined ? [] : [value])].find((item) => !isOfType(item, types));
  if (wrong !== undefined) {
    const said = Array.isArray(type) ? `[${types.map((name) => `'${String(name)}'`).join(', ')}]` : `'${String(type)}'`;
    refuse(`${context}, enum value ${python(wrong)} does not validate against {'type': ${said}}.`, param, code);
  }
  if (format !== undefined && !FORMATS.includes(stringOf(format))) {
    refuse(`${context}, '${stringOf(format)}' is not a valid format.`, param, code);
  }
}

/** A value as the vendor's errors print it. */
function python(value: unknown): string {
  return value === null ? 'None' : typeof value === 'string' ? value : JSON.stringify(value);
}

function isOfType(value: unknown, types: readonly unknown[]): boolean {
  if (typeof value === 'number') return types.includes('number') || types.includes('integer');
  return types.includes(value === null ? 'null' : typeof value);
}

function checkObject(schema: JsonObject, context: string, { code, param }: SchemaOwner): void {
  if (schema.additionalProperties !== false) {
    refuse(`${context}, 'additionalProperties' is required to be supplied and to be false.`, param, code);
  }
  if (!isJsonObject(schema.properties)) refuse(`${context}, object schema missing properties.`, param, code);
  const required = listOf(schema.required).map(stringOf);
  const names = Object.keys(schema.properties);
  const missing = names.find((name) => !required.includes(name));
  const extra = required.find((name) => !names.includes(name));
  const isWrong = `${context}, 'required' is required to be supplied and to be an array including every key in properties.`;
  if (missing !== undefined) refuse(`${isWrong} Missing '${missing}'.`, param, code);
  if (extra !== undefined) refuse(`${isWrong} Extra required key '${extra}' supplied.`, param, code);
}

/** Refuses alternatives whose objects share their first key: it must distinguish them. */
function checkChoice({ anyOf }: JsonObject, root: JsonObject): void {
  const firsts = objectsOf(anyOf).flatMap((choice) => {
    const name = stringOf(choice.$ref).replace('#/$defs/', '');
    const object = choice.$ref === undefined ? choice : objectOf(objectOf(root.$defs)[name]);
    return Object.entries(objectOf(object.properties)).slice(0, 1);
  });
  const keys = firsts.map(([name, schema]) => JSON.stringify([name, objectOf(schema).const ?? objectOf(schema).enum]));
  if (new Set(keys).size === keys.length) return;
  refuse(
    "Invalid schema: Objects provided via 'anyOf' must not share identical first keys. Consider adding a discriminator key or rearranging the properties to ensure the first key is unique.",
  );
}
