import { v7 as uuidv7 } from 'uuid';
import { type JsonObject } from '../messages/json.interface.js';
import { type Usage } from '../messages/message.interface.js';
import { type ToolCallPart } from '../messages/part.interface.js';
import { type Completed } from './completions.service.js';

/** What an answer and each of its chunks begin with. */
export interface CompletionHead {
  id: string;
  /** In seconds. */
  created: number;
  /** A Duo model id. */
  model: string;
}

export function completionHead(model: string): CompletionHead {
  return { id: `chatcmpl-${uuidv7().replaceAll('-', '')}`, created: Math.floor(Date.now() / 1_000), model };
}

/** A whole answer as OpenAI's API shows it. */
export function completionView(head: CompletionHead, { answer, finishReason, usage }: Completed): JsonObject {
  const { text, calls } = answer;
  const message: JsonObject = {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    refusal: null,
    ...(calls.length > 0 && { tool_calls: calls.map(callView) }),
  };
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage: usageView(usage),
  };
}

export function callView({ id, name, arguments: input, malformed }: ToolCallPart): JsonObject {
  return { id, type: 'function', function: { name, arguments: malformed ?? JSON.stringify(input) } };
}

/** The three kinds of input as one, with those read from the cache beside it. */
export function usageView(usage: Usage): JsonObject {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens } = usage;
  const promptTokens = inputTokens + cacheReadTokens + cacheWriteTokens;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cacheReadTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}
