import { type Type } from '@nestjs/common';
import {
  ARRAY_MAX_SIZE,
  getMetadataStorage,
  IS_ARRAY,
  IS_BASE64,
  IS_IN,
  IS_INT,
  IS_MIME_TYPE,
  IS_NOT_EMPTY,
  IS_NUMBER,
  IS_OBJECT,
  IS_STRING,
  IS_URL,
  MAX,
  MAX_LENGTH,
  MIN,
  ValidationTypes,
} from 'class-validator';
import { type ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import { type JsonValue } from '../../messages/json.interface.js';
import { type CheckContext, descriptionOf } from '../dto/decorators.js';
import { anyObject, nullable, objectOf, optional, type Schema } from './schema.js';

/** The JSON Schema keywords of each check, by its name. */
const keywords: Record<string, (constraint: JsonValue) => Schema> = {
  [IS_STRING]: () => ({ type: 'string' }),
  [IS_NOT_EMPTY]: () => ({ minLength: 1 }),
  [MAX_LENGTH]: (maxLength) => ({ maxLength }),
  [IS_MIME_TYPE]: () => ({ type: 'string' }),
  [IS_URL]: () => ({ type: 'string', format: 'uri' }),
  [IS_BASE64]: () => ({ type: 'string', contentEncoding: 'base64' }),
  [IS_IN]: (values) => ({ type: 'string', enum: values }),
  [IS_NUMBER]: () => ({ type: 'number' }),
  [IS_INT]: () => ({ type: 'integer' }),
  [MIN]: (minimum) => ({ minimum }),
  [MAX]: (maximum) => ({ maximum }),
  [IS_ARRAY]: () => ({ type: 'array' }),
  [ARRAY_MAX_SIZE]: (maxItems) => ({ maxItems }),
  [IS_OBJECT]: () => anyObject,
};

/**
 * The JSON Schema of a DTO class, derived from the decorators of its fields.
 * @param refTo points to the schema of the class of a field
 * @throws Error for an unknown check, which the schema would otherwise omit
 */
export function schemaFromDto(dto: Type, refTo: (nested: Type) => Schema): Schema {
  const storage = getMetadataStorage();
  const checks = storage.groupByPropertyName(storage.getTargetValidationMetadatas(dto, '', true, false));
  const fields = Object.entries(checks).map(([name, checks]) => {
    const schema = fieldSchema(checks, descriptionOf(dto, name), refTo);
    return [name, checks.some(isCondition) ? optional(schema) : schema] as const;
  });
  return objectOf(Object.fromEntries(fields), descriptionOf(dto));
}

function fieldSchema(
  checks: ValidationMetadata[],
  description: string | undefined,
  refTo: (dto: Type) => Schema,
): Schema {
  // Decorators apply from the last to the first.
  const inOrder = checks.filter((check) => !isCondition(check)).reverse();
  const schemaOf = (checks: ValidationMetadata[]): Schema =>
    Object.assign({}, ...checks.map((check) => schemaOfCheck(check, refTo))) as Schema;
  const items = inOrder.filter(({ each }) => each);
  const limits = inOrder.map((check) => contextOf(check).limit);
  const sentences = [description, ...limits].filter((sentence) => sentence !== undefined);
  const schema = {
    ...(items.length > 0 && { type: 'array', items: schemaOf(items) }),
    ...schemaOf(inOrder.filter(({ each }) => !each)),
    ...(sentences.length > 0 && { description: sentences.join(' ') }),
  };
  return checks.some((check) => contextOf(check).isNullable) ? nullable(schema) : schema;
}

function schemaOfCheck(check: ValidationMetadata, refTo: (dto: Type) => Schema): Schema {
  const { dto, schema } = contextOf(check);
  if (dto !== undefined) return refTo(dto());
  if (schema !== undefined) return schema;
  const convert = keywords[check.name ?? ''];
  if (convert === undefined) {
    throw new Error(`The check ${check.name ?? check.type} of the field ${check.propertyName} has no JSON Schema.`);
  }
  const [constraint] = (check.constraints as JsonValue[] | undefined) ?? [];
  return convert(constraint ?? null);
}

function contextOf({ context }: ValidationMetadata): CheckContext {
  return (context as CheckContext | undefined) ?? {};
}

/** Whether it decides when a field is checked, not how. */
function isCondition({ type }: ValidationMetadata): boolean {
  return type === ValidationTypes.CONDITIONAL_VALIDATION;
}
