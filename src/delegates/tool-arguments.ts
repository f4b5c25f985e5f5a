import { UpstreamError } from '../errors/upstream.errors.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type FinishReason } from '../messages/message.interface.js';
import { type ToolCallPart } from '../messages/part.interface.js';

/** The arguments that a JSON text holds; undefined if it is not a JSON object. */
export function parseArguments(json: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** What a model calls a tool with. */
export type GivenArguments = Pick<ToolCallPart, 'arguments' | 'malformed'>;

// Enough for the model to know them again.
const mostMalformed = 500;

/** The arguments of a call that the model has ended; none at all are `{}`. */
export function wholeArguments(json: string): GivenArguments {
  const value = json === '' ? {} : parseArguments(json);
  return value ? { arguments: value } : { arguments: {}, malformed: json.slice(0, mostMalformed) };
}

/** Whether an answer may have stopped in the middle of what it was saying. */
export function isCutShort(reason: FinishReason): boolean {
  return reason === 'length' || reason === 'context-window' || reason === 'refusal' || reason === 'content-filter';
}

/**
 * Whether an answer takes its calls back with how it ends: the model, its vendor or a full window has stopped it, so that
 * nothing that it wanted done is to be done.
 */
export function withdrawsCalls(reason: FinishReason): boolean {
  return isCutShort(reason) && reason !== 'length';
}

/** An answer that ended in order to call tools, and called none. */
export function missingCall(): UpstreamError {
  return new UpstreamError('The model stopped to call a tool, and its call did not come. Try again.', {
    isRetryable: true,
  });
}

/** A call without what it takes to run and answer it. */
export function unnamedCall(): UpstreamError {
  return new UpstreamError('The model called a tool without a name or an id, so the call cannot run. Try again.', {
    isRetryable: true,
  });
}
