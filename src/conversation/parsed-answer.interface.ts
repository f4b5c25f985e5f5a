import { type Run } from '../runs/run.interface.js';
import { type SchemaSource } from '../schemas/schema.interface.js';
import { type AskOptions, type CompleteOptions, type OnChunk } from './ask-options.interface.js';

/**
 * The answer to an ask with a schema, with the value that its text stands for, of the schema's type. A message that is not
 * a complete answer has no `parsed`: its calls await approval, or it was cancelled.
 * @example
 * const answer = await chat.withSchema(Trip).ask('Where to?');
 * if (answer.status === 'awaiting_approval') return chat.pendingApprovals();
 * return answer.parsed.city;
 * @publicApi
 */
export type ParsedAnswer<M, Value> = WholeAnswer<M, Value> | ParkedAnswer<M> | OpenAnswer<M> | CancelledAnswer<M>;

/** A complete answer that matches its schema. */
export type WholeAnswer<M, Value> = M & { status: 'complete'; finishReason: 'stop' | 'other'; parsed: Value };

/** A message of a parked run: its calls wait for approval. */
export type ParkedAnswer<M> = M & { status: 'awaiting_approval'; parsed: never };

/** A message of a run that continues later: after a `step()` its calls wait for their results. */
export type OpenAnswer<M> = M & {
  status: 'complete';
  finishReason: 'tool-calls' | 'length' | 'pause';
  parsed: never;
};

/** A message whose run was cancelled. */
export type CancelledAnswer<M> = M & { status: 'cancelled'; parsed: never };

/** The option that brings a schema, whose type is then that of the answer. */
export interface SchemaOption<Value> {
  schema: SchemaSource<Value>;
}

/** Options without a schema of their own. */
export interface NoSchemaOption {
  schema?: undefined;
}

/**
 * The verbs of a chat with a schema: their answers are of its type, unless an ask brings a schema of its own.
 * @publicApi
 */
export interface ParsingVerbs<M, Value> {
  withSchema(schema: null): ParsingVerbs<M, undefined> & this;
  withSchema<Next>(schema: SchemaSource<Next>): ParsingVerbs<M, Next> & this;
  ask(content: string, onChunk?: OnChunk): Promise<ParsedAnswer<M, Value>>;
  ask<Own>(content: string, options: AskOptions & SchemaOption<Own>, onChunk?: OnChunk): Promise<ParsedAnswer<M, Own>>;
  ask(content: string, options?: AskOptions & NoSchemaOption, onChunk?: OnChunk): Promise<ParsedAnswer<M, Value>>;
  ask(content: string, options?: AskOptions, onChunk?: OnChunk): Promise<M>;
  complete(onChunk?: OnChunk): Promise<ParsedAnswer<M, Value>>;
  complete<Own>(options: CompleteOptions & SchemaOption<Own>, onChunk?: OnChunk): Promise<ParsedAnswer<M, Own>>;
  complete(options?: CompleteOptions & NoSchemaOption, onChunk?: OnChunk): Promise<ParsedAnswer<M, Value>>;
  complete(options?: CompleteOptions, onChunk?: OnChunk): Promise<M>;
  regenerate<Own>(
    messageId: string | null | undefined,
    options: CompleteOptions & SchemaOption<Own>,
    onChunk?: OnChunk,
  ): Promise<ParsedAnswer<M, Own>>;
  regenerate(
    messageId?: string | null,
    options?: CompleteOptions & NoSchemaOption,
    onChunk?: OnChunk,
  ): Promise<ParsedAnswer<M, Value>>;
  regenerate(messageId?: string | null, options?: CompleteOptions, onChunk?: OnChunk): Promise<M>;
  edit<Own>(
    messageId: string,
    content: string,
    options: AskOptions & SchemaOption<Own>,
    onChunk?: OnChunk,
  ): Promise<ParsedAnswer<M, Own>>;
  edit(
    messageId: string,
    content: string,
    options?: AskOptions & NoSchemaOption,
    onChunk?: OnChunk,
  ): Promise<ParsedAnswer<M, Value>>;
  edit(messageId: string, content: string, options?: AskOptions, onChunk?: OnChunk): Promise<M>;
  generate<Own>(options: CompleteOptions & SchemaOption<Own>): Promise<ParsedAnswer<M, Own>>;
  generate(options?: CompleteOptions & NoSchemaOption): Promise<ParsedAnswer<M, Value>>;
  generate(options?: CompleteOptions): Promise<M>;
  step<Own>(options: CompleteOptions & SchemaOption<Own>): Promise<ParsedAnswer<M, Own> | null>;
  step(options?: CompleteOptions & NoSchemaOption): Promise<ParsedAnswer<M, Value> | null>;
  step(options?: CompleteOptions): Promise<M | null>;
  start<Own>(content: string | null, options: AskOptions & SchemaOption<Own>): Promise<Run<ParsedAnswer<M, Own>>>;
  start(content: string | null, options?: AskOptions & NoSchemaOption): Promise<Run<ParsedAnswer<M, Value>>>;
  start(content: string | null, options?: AskOptions): Promise<Run<M>>;
}
