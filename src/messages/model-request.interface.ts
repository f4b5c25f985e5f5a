import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { type Effort } from './effort.js';
import { type JsonObject, type JsonValue } from './json.interface.js';
import { type FinishReason, type ModelMessage, type Usage } from './message.interface.js';
import { type Part, type ToolCallPart } from './part.interface.js';
import { type RejectedPlace } from './with-rejected.js';

/**
 * How much a model may think: by effort, or up to a budget of tokens. Each model gets the nearest that it takes; `none`
 * turns thinking off, or down to the least that the model can do.
 */
export type Thinking = { effort: Effort } | { budgetTokens: number };

/** Whether the model may, must or must not call tools, or which one it must call. */
export type ToolChoice = 'auto' | 'required' | 'none' | { tool: string };

/**
 * Settings of a request. What a model refuses by rule (sampling on models without it) is left out.
 * Any other key goes to the vendor as it is, at the top level of the request's body.
 */
export interface ModelParams {
  temperature?: number;
  topP?: number;
  /**
   * Upper bound of the answer in tokens, thinking included; 16,384 or the model's limit when unset, 8,192 where the limit
   * is unknown. A model that thinks may use it up before it says a word: the answer then ends by `length`, and is empty.
   */
  maxOutputTokens?: number;
  stopSequences?: string[];
  thinking?: Thinking;
  /** `auto` by default; a model that had to call tools may answer after the first round of them. */
  toolChoice?: ToolChoice;
  /** How many tools the model may call at once; the vendor's own default when unset. */
  toolCalls?: 'one' | 'many';
  [vendorParameter: string]: JsonValue | Thinking | undefined;
}

/** Parameters that are merged into those before; a `null` unsets one. */
export type ParamChanges = { [Key in keyof ModelParams]: ModelParams[Key] | null };

/** A tool as the model sees it; `parameters` is JSON Schema and goes to the vendor whole. */
export interface ToolDefinition {
  name: string;
  description: string;
  parameters: JsonObject;
}

/** One request to a model; messages of the role `system` become the vendor's instructions. */
export interface ModelRequest {
  /** A Duo model id such as `duo-chat-opus-4-6`. */
  model: string;
  messages: readonly ModelMessage[];
  params?: ModelParams;
  tools?: readonly ToolDefinition[];
  /**
   * The JSON Schema of an object: the answer is then to be JSON that matches it. It goes to the vendor whole; that an
   * answer does match is for the caller to check.
   */
  outputSchema?: JsonObject;
}

/**
 * What a model says while it answers. A `reset` takes back all that came before it in the same answer: the request failed
 * half-way, for the reason that this error code names, and is sent again. `part-rejected` names a part of the request's messages that
 * the vendor refuses, and that was left out: ask without it from then on.
 */
export type ModelEvent =
  | { type: 'reset'; reason: ErrorCode }
  | ({ type: 'part-rejected' } & RejectedPlace)
  | { type: 'reasoning-delta'; text: string }
  | { type: 'text-delta'; text: string }
  | ToolCallPart;

/** The whole answer to one request. */
export interface ModelAnswer {
  parts: Part[];
  finishReason: FinishReason;
  /** The vendor's details of that, unchanged, such as the category of a refusal. */
  finishDetail?: JsonObject;
  usage: Usage;
}
