import { ConfigurationError } from '../errors/request.errors.js';
import { mustBeJsonSchema } from './json-schema.js';
import { plainSchema } from './plain-schema.js';
import { describeIssues, valueAt } from './describe-issues.js';
import { type Schema, type Validator } from './schema.interface.js';
import { type Issue, type StandardSchema } from './standard-schema.interface.js';

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
  const validator = standardValidator(source);
  const plain = plainSchema(() => jsonSchema.input({ target: 'draft-2020-12' }));
  mustBeJsonSchema(plain);
  return { ...validator, jsonSchema: plain };
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
      const first = await source['~standard'].validate(value);
      const result = first.issues?.some((issue) => isInherited(issue, value))
        ? await source['~standard'].validate(withoutPrototype(value))
        : first;
      return result.issues ? { problem: describeIssues(result.issues, value) } : { value: result.value };
    },
  };
}

/** Whether an issue is about what the value only inherits: libraries read `constructor` from `Object.prototype`. */
function isInherited({ path = [] }: Issue, value: unknown): boolean {
  const keys = path.map((step) => (typeof step === 'object' ? step.key : step));
  const last = keys.pop();
  const holder = valueAt(keys, value);
  return last !== undefined && isObject(holder) && last in holder && !Object.hasOwn(holder, last);
}

/** A copy whose objects have own properties only. */
function withoutPrototype(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototype);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, withoutPrototype(item)]);
  return Object.setPrototypeOf(Object.fromEntries(entries), null);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
