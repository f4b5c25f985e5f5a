import { type Type } from '@nestjs/common';
import { type JsonObject } from '../messages/json.interface.js';
import { type StandardSchema } from './standard-schema.interface.js';

type PlainJson = string | number | boolean | null | readonly PlainJson[] | { readonly [key: string]: PlainJson };

/** A JSON Schema as a host writes it, `as const` too. */
export type JsonSchema = Readonly<Record<string, PlainJson>>;

/** Any class. */
export type AnyClass = abstract new (...args: never) => unknown;

/** A value with the types of a Standard Schema. */
interface Typed<Types> {
  readonly '~standard': { readonly types?: Types | undefined };
}

/**
 * What a schema takes: the input of a Standard Schema, the instance of a class; of anything else, the type itself.
 * @publicApi
 */
export type InputOf<Source> =
  Source extends Typed<{ readonly input: infer Input }>
    ? Input
    : Source extends AnyClass
      ? InstanceType<Source>
      : Source;

/**
 * What a schema makes: the output of a Standard Schema, the instance of a class; of anything else, the type itself.
 * @publicApi
 */
export type OutputOf<Source> =
  Source extends Typed<{ readonly output: infer Output }>
    ? Output
    : Source extends AnyClass
      ? InstanceType<Source>
      : Source;

/**
 * What describes a value: a Standard Schema (zod 4.2 or later, ArkType, …), a DTO class of class-validator, or a JSON
 * Schema of the 2020-12 dialect.
 * @publicApi
 */
export type SchemaSource<Value = unknown, Input = unknown> = StandardSchema<Value, Input> | Type<Value> | JsonSchema;

/** A value of the schema's type, or what is wrong, in words for the model that made it. */
export type Validated = { value: unknown } | { problem: string };

/** What checks values. */
export interface Validator {
  /** Rejects only when the schema's own code fails. */
  validate(value: unknown): Promise<Validated>;
}

/** A schema that is ready for use. */
export interface Schema extends Validator {
  /** As the models see it. */
  readonly jsonSchema: JsonObject;
}
