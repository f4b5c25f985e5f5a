import {
  type ConstObjectSchema,
  type JsonSchemaObject,
  type WidenedObjectSchema,
} from '../schemas/json-schema-value.interface.js';
import { type AnyClass, type OutputOf } from '../schemas/schema.interface.js';
import { type JsonObject } from '../messages/json.interface.js';

/**
 * What `execute` receives, by the schema of the tool: the output of a Standard Schema, the instance of a DTO class, or the
 * object that a JSON Schema written `as const` describes (a `JsonObject` if TypeScript cannot tell). Any other type is the
 * input itself.
 * @example
 * const Place = z.object({ city: z.string() });
 * type Input = ToolInput<typeof Place>; // { city: string }
 * @publicApi
 */
export type ToolInput<Source> = Source extends { readonly '~standard': unknown } | AnyClass
  ? OutputOf<Source>
  : Source extends ConstObjectSchema
    ? JsonSchemaObject<Source>
    : Source extends WidenedObjectSchema
      ? JsonObject
      : Source;

/**
 * What a tool is told about the call that it answers.
 * @publicApi
 */
export interface ToolContext {
  /** The chat that asks: the entity itself where it is one. */
  readonly chat: { id: string };
  /** The owner of the chat; `null` where it has none. */
  readonly ownerId: string | null;
  readonly runId: string;
  /** The same when the call is made again after a crash: an idempotency key for what the tool does. */
  readonly toolCallId: string;
  /** Aborts when the run is cancelled, the application shuts down or the tool's time is over. */
  readonly signal: AbortSignal;
  /**
   * Tells those who follow the run how far the tool is: a `tool-progress` event, with what `execute()` might return as
   * well. Ignored once the tool has ended.
   */
  readonly emit: (data: unknown) => void;
}

/**
 * A tool that a model may call: an injectable class with `@Tool`.
 * @typeParam Source the type of the schema of its parameters, or of its input
 * @publicApi
 */
export interface DuoTool<Source = unknown> {
  /**
   * Answers a call. Text reaches the model as it is, other JSON as JSON, files through `toolFiles()`; what it throws
   * becomes an error that the model is told about. Of more than 262,144 characters (about 65,000 tokens, which each later
   * request of the chat pays for again) the rest is neither stored nor sent: the model reads the beginning, and that it was
   * cut.
   */
  execute(input: ToolInput<Source>, context: ToolContext): unknown;
}
