import { type JsonObject, listOf } from '../json.js';
import { isObjectSchema, schemasIn } from '../json-schema/schemas-in.js';
import { refuse } from './errors.js';

const CODE = 'invalid_function_parameters';

/** What strict mode knows nothing of. */
const NOT_PERMITTED = `allOf oneOf not if then else dependentRequired dependentSchemas patternProperties propertyNames
  prefixItems contains uniqueItems minProperties maxProperties minLength maxLength default`.split(/\s+/);

/** Refuses a schema that is not closed and complete, as strict ones have to be; `what` is whose schema it is. */
export function checkStrictSchema(root: unknown, what: string, param: string): void {
  for (const { schema, path } of schemasIn(root)) {
    const context = `Invalid schema for ${what}: In context=(${path.map((key) => `'${key}'`).join(', ')})`;
    const unknown = NOT_PERMITTED.find((keyword) => keyword in schema);
    if (unknown !== undefined) refuse(`${context}, '${unknown}' is not permitted.`, param, CODE);
    if (isObjectSchema(schema)) checkObject(schema, context, param);
  }
}

function checkObject(schema: JsonObject, context: string, param: string): void {
  if (schema.additionalProperties !== false) {
    refuse(`${context}, 'additionalProperties' is required to be supplied and to be false.`, param, CODE);
  }
  const required = listOf(schema.required);
  const missing = Object.keys(schema.properties ?? {}).find((name) => !required.includes(name));
  if (missing === undefined) return;
  refuse(
    `${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`,
    param,
    CODE,
  );
}
