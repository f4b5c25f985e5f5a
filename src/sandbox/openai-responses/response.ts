import { type Answer, type Usage } from '../conversation/answer.js';
import { type RequestedCall } from '../conversation/call-lines.js';
import { type JsonObject } from '../json.js';
import { phaseOf } from './phases.js';
import { reasoningItem, type ReasoningStyle } from './reasoning.js';

/** How a request wants its response. */
export interface ResponseStyle extends ReasoningStyle {
  model: string;
  /** Whether its message has a phase. */
  hasPhases: boolean;
  /** Settings of the request that the response repeats. */
  settings: JsonObject;
}

/** The output items of an answer, in order. */
export function outputItems(answer: Answer, style: ResponseStyle): JsonObject[] {
  const items: JsonObject[] = [];
  const phase = style.hasPhases ? phaseOf(answer) : undefined;
  if (answer.reasoning !== null) items.push(reasoningItem(answer.hash, answer.reasoning, style, phase));
  if (answer.text !== '') items.push({ ...messageItem(answer), ...(phase !== undefined && { phase }) });
  return [...items, ...answer.calls.map((call, index) => callItem(answer, call, index))];
}

/** The response before it has any output, as a stream starts with it. */
export function responseHead(answer: Answer, style: ResponseStyle): JsonObject {
  return {
    id: `resp_${answer.hash}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    ...style.settings,
    model: style.model,
    output: [],
    previous_response_id: null,
    store: style.isStored,
    usage: null,
  };
}

/** The whole response, as it answers a request that does not stream. */
export function renderResponse(answer: Answer, style: ResponseStyle): JsonObject {
  const reason = incompleteReason(answer);
  return {
    ...responseHead(answer, style),
    status: reason === undefined ? 'completed' : 'incomplete',
    incomplete_details: reason === undefined ? null : { reason },
    output: outputItems(answer, style),
    usage: usageOf(answer.usage),
  };
}

/** Why a response is incomplete; `undefined` when it is not. */
export function incompleteReason(answer: Answer): string | undefined {
  if (isCut(answer)) return 'max_output_tokens';
  return answer.finish === 'refusal' ? 'content_filter' : undefined;
}

function isCut(answer: Answer): boolean {
  return answer.finish === 'length' || answer.finish === 'context-window';
}

function messageItem(answer: Answer): JsonObject {
  return {
    id: `msg_${answer.hash}`,
    type: 'message',
    status: incompleteReason(answer) === undefined ? 'completed' : 'incomplete',
    role: 'assistant',
    content: [textPart(answer.text)],
  };
}

/** A text part of a message. */
export function textPart(text: string): JsonObject {
  return { type: 'output_text', annotations: [], logprobs: [], text };
}

function callItem(answer: Answer, call: RequestedCall, index: number): JsonObject {
  const isWhole = !isCut(answer) || index < answer.calls.length - 1;
  return {
    id: `fc_${answer.hash}${index}`,
    type: 'function_call',
    status: isWhole ? 'completed' : 'incomplete',
    arguments: call.arguments,
    call_id: `call_${answer.hash}${index}`,
    name: call.name,
  };
}

function usageOf(usage: Usage): JsonObject {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cacheRead },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}
