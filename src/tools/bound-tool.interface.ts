import { type JsonObject, type JsonValue } from '../messages/json.interface.js';
import { type ToolDefinition } from '../messages/model-request.interface.js';
import { type FilePart } from '../messages/part.interface.js';
import { type ToolContext } from './duo-tool.interface.js';

/** The result of a tool call, ready to be stored and sent. */
export interface ToolOutcome {
  content: JsonValue;
  files?: FilePart[];
  isError: boolean;
}

/** A tool of this application that a model can call. */
export interface BoundTool {
  readonly definition: ToolDefinition;
  /** Whether a call that may have run already may run again. */
  readonly isIdempotent: boolean;
  /** Returns the typed input, or a description of what is wrong with it for the model. */
  validate(input: JsonObject): Promise<{ value: unknown } | { problem: string }>;
  /** Whether a call with this validated input needs an approval before it runs. */
  needsApproval(input: unknown, context: ToolContext): Promise<boolean>;
  /** Runs the tool. Never rejects: an error that the tool throws, and a timeout, are outcomes with `isError`. */
  execute(input: unknown, context: ToolContext): Promise<ToolOutcome>;
}
