import { type JsonObject, type JsonValue } from '../messages/json.interface.js';

/** A JSON Schema of objects, told apart from the type of an input by its literal `type`. */
export interface ConstObjectSchema {
  readonly type: 'object';
}

/** The same, written without `as const`, which hides what its properties are. */
export interface WidenedObjectSchema {
  readonly type: string;
  readonly properties: Readonly<Record<string, object>>;
}

/**
 * The values that a JSON Schema written `as const` accepts: objects, arrays, texts, numbers, booleans, null, `enum`,
 * `const` and `anyOf`. Keywords that only narrow a value further change nothing; any other schema makes a `JsonValue`.
 */
export type JsonSchemaValue<Schema> = Schema extends { readonly const: infer Value }
  ? Value
  : Schema extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : Schema extends { readonly type: readonly (infer Type)[] }
      ? ValueOfType<Type, Schema>
      : Schema extends { readonly type: infer Type }
        ? ValueOfType<Type, Schema>
        : Schema extends { readonly anyOf: readonly (infer Choice)[] }
          ? JsonSchemaValue<Choice>
          : JsonValue;

/** The objects that a JSON Schema written `as const` accepts; `JsonObject` if it names no properties. */
export type JsonSchemaObject<Schema> = Schema extends { readonly properties: infer Properties }
  ? Flat<
      { -readonly [Key in keyof Properties & RequiredKey<Schema>]: JsonSchemaValue<Properties[Key]> } & {
        -readonly [Key in Exclude<keyof Properties, RequiredKey<Schema>>]?: JsonSchemaValue<Properties[Key]>;
      }
    >
  : JsonObject;

type ValueOfType<Type, Schema> = Type extends 'string'
  ? string
  : Type extends 'number' | 'integer'
    ? number
    : Type extends 'boolean'
      ? boolean
      : Type extends 'null'
        ? null
        : Type extends 'array'
          ? Item<Schema>[]
          : Type extends 'object'
            ? JsonSchemaObject<Schema>
            : JsonValue;

/** With `prefixItems`, `items` describes only the rest of an array. */
type Item<Schema> = Schema extends { readonly prefixItems: unknown }
  ? JsonValue
  : Schema extends { readonly items: infer Items }
    ? JsonSchemaValue<Items>
    : JsonValue;

type RequiredKey<Schema> = Schema extends { readonly required: readonly (infer Key)[] } ? Key : never;

/** One object type instead of an intersection, as editors show it. */
type Flat<Value> = { [Key in keyof Value]: Value[Key] };
