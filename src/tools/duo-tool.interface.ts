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
 * The context of a tool call.
 * @publicApi
 */
export interface ToolContext {
  /** The chat of the call; the entity itself if the chat is persisted. */
  readonly chat: { id: string };
  /** The owner of the chat; `null` if it has no owner. */
  readonly ownerId: string | null;
  readonly runId: string;
  /** Stays the same when the call runs again after a crash, so the tool can use it as an idempotency key. */
  readonly toolCallId: string;
  /** Aborts when the run is cancelled, the application shuts down or the tool's timeout expires. */
  readonly signal: AbortSignal;
  /**
   * Sends a `tool-progress` event to the followers of the run. The data is anything that `execute()` can return. Ignored
   * once the tool has ended.
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
   * Runs the tool. The model receives a string as text, other values as JSON, files through `toolFiles()`, and the message
   * of an error that is thrown. A result is cut after 262,144 characters, and the model reads that it was cut: that is about
   * 65,000 tokens, which each later request of the chat pays for again.
   */
  execute(input: ToolInput<Source>, context: ToolContext): unknown;
}
