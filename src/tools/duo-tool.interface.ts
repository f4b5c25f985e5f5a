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
 * @publicApi
 */
export interface DuoTool<Input = unknown> {
  /**
   * Answers a call. Text reaches the model as it is, other JSON as JSON, files through `toolFiles()`; what it throws
   * becomes an error that the model is told about. Of more than 262,144 characters (about 65,000 tokens, which each later
   * request of the chat pays for again) the rest is neither stored nor sent: the model reads the beginning, and that it was
   * cut.
   */
  execute(input: Input, context: ToolContext): unknown;
}
