import { UpstreamError } from '../errors/upstream.errors.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type FinishReason } from '../messages/message.interface.js';
import { isTooDeep, jsonProblem } from '../messages/json-text.js';
import { type ToolCallPart } from '../messages/part.interface.js';
import { isObject } from '../messages/is-object.js';

/** What a model calls a tool with. */
export type GivenArguments = Pick<ToolCallPart, 'arguments' | 'malformed' | 'problem'>;

/** Enough for the model to know them again. */
const MAX_MALFORMED = 500;

/** The arguments of a call that the model has ended; none at all are `{}`. */
export function wholeArguments(json: string): GivenArguments {
  return json === '' ? { arguments: {} } : (completeArguments(json) ?? malformed(json));
}

/** The arguments that a text holds, which may be cut; undefined where it is no whole JSON object. */
export function completeArguments(json: string): GivenArguments | undefined {
  // To parse what is very deep takes seconds, so its last sign has to tell.
  if (isTooDeep(json)) return json.trimEnd().endsWith('}') ? malformed(json, jsonProblem(json)) : undefined;
  const value = parseObject(json);
  if (value === undefined) return undefined;
  const problem = jsonProblem(json);
  return problem === undefined ? { arguments: value } : malformed(json, problem);
}

function malformed(json: string, problem?: string): GivenArguments {
  return { arguments: {}, malformed: json.slice(0, MAX_MALFORMED), ...(problem !== undefined && { problem }) };
}

function parseObject(json: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
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
