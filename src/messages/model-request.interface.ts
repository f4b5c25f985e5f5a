import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { type JsonObject, type JsonValue } from './json.interface.js';
import { type FinishReason, type ModelMessage, type Usage } from './message.interface.js';
import { type Part } from './part.interface.js';

/** How much a model may think: by effort where it thinks adaptively, by tokens where it takes a budget. */
export type Thinking = { effort: 'low' | 'medium' | 'high' } | { budgetTokens: number };

/**
 * Settings of a request. What a model refuses by rule (sampling on models without it) is left out.
 * Any other key goes to the vendor as it is, at the top level of the request's body.
 */
export interface ModelParams {
  temperature?: number;
  topP?: number;
  /** Upper bound of the answer in tokens; 16,384 or the model's limit when unset, 8,192 where the limit is unknown. */
  maxOutputTokens?: number;
  stopSequences?: string[];
  thinking?: Thinking;
  [vendorParameter: string]: JsonValue | Thinking | undefined;
}

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
}

/**
 * What a model says while it answers. A `reset` takes back all that came before it in the same answer: the request failed
 * half-way, for the reason that this error code names, and is sent again.
 */
export type ModelEvent =
  | { type: 'reset'; reason: ErrorCode }
  | { type: 'reasoning-delta'; text: string }
  | { type: 'text-delta'; text: string }
  | { type: 'tool-call'; id: string; name: string; arguments: JsonObject };

/** The whole answer to one request. */
export interface ModelAnswer {
  parts: Part[];
  finishReason: FinishReason;
  usage: Usage;
}
