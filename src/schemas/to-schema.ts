import { type Type } from '@nestjs/common';
import { ConfigurationError } from '../errors/request.errors.js';
import { fromDto } from './dto-schema.js';
import { fromJsonSchema } from './json-schema.js';
import { type Schema, type SchemaSource, type Validator } from './schema.interface.js';
import { fromStandard, standardValidator } from './standard-schema.js';
import { type StandardSchema } from './standard-schema.interface.js';
import { isObject } from '../messages/is-object.js';

/**
 * Makes a schema ready for use; do so once, since validators are compiled.
 * @throws ConfigurationError when it is not a schema, or has no JSON Schema for a model
 */
export function toSchema(source: SchemaSource): Schema {
  if (isStandard(source)) return fromStandard(source);
  if (typeof source === 'function') return fromDto(source as Type);
  if (isObject(source)) return fromJsonSchema(source);
  throw new ConfigurationError(
    'There is no schema. Give a Standard Schema such as z.object({ … }), a JSON Schema object, or a DTO class.',
  );
}

/**
 * Makes a schema ready to check what no model sees, for which a Standard Schema needs no JSON Schema.
 * @throws ConfigurationError when it is no schema
 */
export function toValidator(source: SchemaSource): Validator {
  return isStandard(source) ? standardValidator(source) : toSchema(source);
}

/** Those of ArkType are functions. */
function isStandard(source: unknown): source is StandardSchema {
  const isHolder = (typeof source === 'object' && source !== null) || typeof source === 'function';
  return isHolder && '~standard' in source;
}
