import { type UpstreamModel } from '../gateway/upstream-model.js';
import { isJsonObject, type JsonObject, objectOf, objectsOf, stringOf } from '../json.js';
import { refuse } from '../openai/errors.js';
import {
  checkEffort,
  checkFunction,
  checkKnown,
  checkStreamOptions,
  checkToolOptions,
  checkUnsupported,
} from '../openai/parameter-rules.js';

const PARAMETERS = new Set(
  `model messages stream stream_options max_tokens max_completion_tokens temperature top_p n stop seed user store
  metadata tools tool_choice parallel_tool_calls response_format reasoning_effort verbosity logprobs top_logprobs
  logit_bias frequency_penalty presence_penalty service_tier prompt_cache_key prompt_cache_retention
  safety_identifier modalities audio prediction web_search_options functions function_call`.split(/\s+/),
);

const UNSUPPORTED = ['top_p', 'frequency_penalty', 'presence_penalty', 'logprobs', 'logit_bias', 'stop'];

/** Refuses parameters that OpenAI does not know, or does not take for these models. */
export function checkParameters(body: JsonObject, model: UpstreamModel): void {
  checkKnown(body, PARAMETERS);
  checkUnsupported(body, ['max_tokens'], " Use 'max_completion_tokens' instead.");
  checkUnsupported(body, UNSUPPORTED);
  checkTemperature(body.temperature);
  checkLimit(body.max_completion_tokens, model);
  checkStreamOptions(body);
  checkEffort(body.reasoning_effort, 'reasoning_effort', model);
  const tools = objectsOf(body.tools);
  checkToolOptions(body, tools.length);
  if (tools.length > 0 && body.reasoning_effort != null && !model.hasEffortWithTools) {
    refuse(
      `Function tools with reasoning_effort are not supported for ${familyOf(model)} in /v1/chat/completions. Please use /v1/responses instead.`,
      'reasoning_effort',
    );
  }
  for (const [index, tool] of tools.entries()) checkFunction(objectOf(tool.function), `tools[${index}].function`);
}

/** The model's id without the date of its version. */
function familyOf({ id }: UpstreamModel): string {
  return id.replace(/-\d{4}-\d{2}-\d{2}$/, '');
}

export function toolName(tool: JsonObject): string {
  return isJsonObject(tool.function) ? stringOf(tool.function.name) : '';
}

function checkTemperature(temperature: unknown): void {
  if (temperature == null || temperature === 1) return;
  refuse(
    `Unsupported value: 'temperature' does not support ${JSON.stringify(temperature)} with this model. Only the default (1) value is supported.`,
    'temperature',
    'unsupported_value',
  );
}

function checkLimit(tokens: unknown, model: UpstreamModel): void {
  if (typeof tokens !== 'number' || tokens <= model.maxOutputTokens) return;
  refuse(
    `max_tokens is too large: ${tokens}. This model supports at most ${model.maxOutputTokens} completion tokens, whereas you provided ${tokens}.`,
    'max_tokens',
    'invalid_value',
  );
}
