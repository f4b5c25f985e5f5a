import { ConfigurationError } from '../errors/request.errors.js';
import { plainSchema } from './plain-schema.js';
import { problemOf } from './problem.js';
import { type Schema, type Validator } from './schema.interface.js';
import { type StandardSchema } from './standard-schema.interface.js';

/** How the schemas of a library get the JSON Schema that they do not bring. */
const adapters = new Map([
  ['valibot', 'Wrap it with toStandardJsonSchema() of @valibot/to-json-schema.'],
  ['zod', 'Update zod to 4.2 or later.'],
  ['arktype', 'Update arktype to 2.1.28 or later.'],
]);

/** @throws ConfigurationError when its library cannot give its JSON Schema */
export function fromStandard(source: StandardSchema): Schema {
  const { vendor, jsonSchema } = source['~standard'];
  if (typeof jsonSchema?.input !== 'function') {
    const advice = adapters.get(vendor) ?? `Look for the JSON Schema adapter of ${vendor}, or give a JSON Schema.`;
    throw new ConfigurationError(`This schema of ${vendor} brings no JSON Schema to tell a model. ${advice}`);
  }
  return { ...standardValidator(source), jsonSchema: plainSchema(() => jsonSchema.input({ target: 'draft-2020-12' })) };
}

/** @throws ConfigurationError when it cannot check anything */
export function standardValidator(source: StandardSchema): Validator {
  const { vendor, validate } = source['~standard'];
  if (typeof validate !== 'function') {
    throw new ConfigurationError(
      `This schema of ${vendor} brings no validate(): give one that implements Standard Schema.`,
    );
  }
  return {
    async validate(value) {
      const result = await source['~standard'].validate(value);
      return result.issues ? { problem: problemOf(result.issues, value) } : { value: result.value };
    },
  };
}
