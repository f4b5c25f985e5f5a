import { type JsonObject, type JsonValue } from '../messages/json.interface.js';
import { type ToolDefinition } from '../messages/model-request.interface.js';
import { type FilePart } from '../messages/part.interface.js';
import { type ToolContext } from './duo-tool.interface.js';

/** What a tool answered, ready to be stored and sent. */
export interface ToolOutcome {
  content: JsonValue;
  files?: FilePart[];
  isError: boolean;
}

/** A tool of this application, ready to be offered to a model and called by it. */
export interface BoundTool {
  readonly definition: ToolDefinition;
  /** Whether a call that may have been carried out already may be carried out again. */
  readonly isIdempotent: boolean;
  /** The typed input, or what is wrong with it, in words for the model. */
  validate(input: JsonObject): Promise<{ value: unknown } | { problem: string }>;
  /** Whether somebody has to approve a call with this validated input before it is executed. */
  needsApproval(input: unknown, context: ToolContext): Promise<boolean>;
  /** Executes a validated input. Never rejects: what the tool throws, and its time-out, are results with `isError`. */
  execute(input: unknown, context: ToolContext): Promise<ToolOutcome>;
}
