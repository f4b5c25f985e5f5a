import { EFFORTS } from '../../messages/effort.js';
import { type JsonObject } from '../../messages/json.interface.js';

/** A JSON Schema in the dialect of OpenAPI 3.1. */
export type Schema = JsonObject;

/** An optional property. */
class OptionalProperty {
  constructor(readonly schema: Schema) {}
}

/** The schemas of all properties of a type. A missing or wrongly optional property does not compile. */
type Properties<T> = { [Key in keyof T]-?: undefined extends T[Key] ? OptionalProperty : Schema };

export function optional(schema: Schema): OptionalProperty {
  return new OptionalProperty(schema);
}

/** An object that has the properties of `T` and no others. */
export function object<T extends object>(properties: Properties<T>, description?: string): Schema {
  return objectOf(properties, description);
}

/** An object that has these properties and no others. */
export function objectOf(properties: Record<string, Schema | OptionalProperty>, description?: string): Schema {
  const entries = Object.entries(properties);
  const required = entries.filter(([, property]) => !(property instanceof OptionalProperty)).map(([name]) => name);
  return {
    type: 'object',
    ...(description !== undefined && { description }),
    properties: Object.fromEntries(
      entries.map(([name, property]) => [name, property instanceof OptionalProperty ? property.schema : property]),
    ),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** One of the values of a union of strings. All of them must be listed. */
export function oneOf<T extends string>(values: Record<T, true>, description?: string): Schema {
  return { type: 'string', enum: Object.keys(values), ...(description !== undefined && { description }) };
}

export function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

export function array(items: Schema, more: Schema = {}): Schema {
  return { type: 'array', items, ...more };
}

export function text(description?: string, more: Schema = {}): Schema {
  return { type: 'string', ...(description !== undefined && { description }), ...more };
}

export function integer(description?: string, more: Schema = {}): Schema {
  return { type: 'integer', ...(description !== undefined && { description }), ...more };
}

export const effort: Schema = { type: 'string', enum: [...EFFORTS] };
export const uuid: Schema = { type: 'string', format: 'uuid' };
export const time: Schema = { type: 'string', format: 'date-time' };
/** Any JSON object. */
export const anyObject: Schema = { type: 'object', additionalProperties: true };

/** A reference to a schema of the document's components. */
export function component(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
