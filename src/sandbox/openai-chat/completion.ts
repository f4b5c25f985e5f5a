import { type Answer, type Finish, type Usage } from '../conversation/answer.js';
import { type JsonObject } from '../json.js';

const FINISH_REASONS: Record<Finish, string> = {
  stop: 'stop',
  'tool-calls': 'tool_calls',
  length: 'length',
  refusal: 'content_filter',
  pause: 'stop',
  'context-window': 'length',
};

export function finishReason(answer: Answer): string {
  return FINISH_REASONS[answer.finish];
}

/** The fields that a completion and each of its chunks share. */
export function completionHead(answer: Answer, model: string, object: string): JsonObject {
  return {
    id: `chatcmpl-${answer.hash}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model,
    service_tier: 'default',
    system_fingerprint: null,
  };
}

/** The whole completion, as it answers a request that does not stream. */
export function renderCompletion(answer: Answer, model: string): JsonObject {
  const toolCalls = toolCallsOf(answer);
  const message = {
    role: 'assistant',
    content: answer.text === '' && toolCalls.length > 0 ? null : answer.text,
    refusal: null,
    annotations: [],
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
  };
  return {
    ...completionHead(answer, model, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(answer) }],
    usage: usageOf(answer.usage),
  };
}

/** The tool calls of an answer in the vendor's format. */
export function toolCallsOf(answer: Answer) {
  return answer.calls.map((call, index) => ({
    id: `call_${answer.hash}${index}`,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }));
}

export function usageOf(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
