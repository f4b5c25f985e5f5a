import { listOf } from '../json.js';
import { objectSchemas } from '../json-schema/object-schemas.js';
import { refuse } from './errors.js';

/** Refuses a schema that is not closed and complete, as strict ones have to be; `what` is whose schema it is. */
export function checkStrictSchema(root: unknown, what: string, param: string): void {
  for (const { schema, path } of objectSchemas(root)) {
    const context = `Invalid schema for ${what}: In context=(${path.map((key) => `'${key}'`).join(', ')})`;
    if (schema.additionalProperties !== false) {
      refuse(
        `${context}, 'additionalProperties' is required to be supplied and to be false.`,
        param,
        'invalid_function_parameters',
      );
    }
    const required = listOf(schema.required);
    const missing = Object.keys(schema.properties ?? {}).find((name) => !required.includes(name));
    if (missing === undefined) continue;
    refuse(
      `${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`,
      param,
      'invalid_function_parameters',
    );
  }
}
