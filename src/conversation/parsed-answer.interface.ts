import { type SchemaSource } from '../schemas/schema.interface.js';
import { type AskOptions, type CompleteOptions, type OnChunk } from './ask-options.interface.js';

/**
 * An answer with the value that its text stands for, of the type that the schema makes. It is unset on what is no whole
 * answer: a message whose calls wait for approval, or one that was cancelled.
 * @publicApi
 */
export type ParsedAnswer<M, Value> = M & { parsed?: Value };

/** The option that brings a schema, whose type is then that of the answer. */
export interface SchemaOption<Value> {
  schema?: SchemaSource<Value> | null;
}

/**
 * The verbs of a chat with a schema: their answers are of its type, unless an ask brings a schema of its own.
 * @publicApi
 */
export interface ParsingVerbs<M, Value> {
  withSchema(schema: null): ParsingVerbs<M, undefined> & this;
  withSchema<Next>(schema: SchemaSource<Next>): ParsingVerbs<M, Next> & this;
  ask(content: string, onChunk?: OnChunk): Promise<ParsedAnswer<M, Value>>;
  ask<Own = Value>(
    content: string,
    options?: AskOptions & SchemaOption<Own>,
    onChunk?: OnChunk,
  ): Promise<ParsedAnswer<M, Own>>;
  complete(onChunk?: OnChunk): Promise<ParsedAnswer<M, Value>>;
  complete<Own = Value>(
    options?: CompleteOptions & SchemaOption<Own>,
    onChunk?: OnChunk,
  ): Promise<ParsedAnswer<M, Own>>;
  step<Own = Value>(options?: CompleteOptions & SchemaOption<Own>): Promise<ParsedAnswer<M, Own>>;
}
