import { type UpstreamModel } from '../gateway/upstream-model.js';
import { isJsonObject, type JsonObject, objectsOf } from '../json.js';
import { refuse } from '../openai/errors.js';
import {
  checkEffort,
  checkFunction,
  checkKnown,
  checkToolOptions,
  checkUnsupported,
} from '../openai/parameter-rules.js';

const PARAMETERS = new Set(
  `model input instructions stream stream_options max_output_tokens temperature top_p tools tool_choice
  parallel_tool_calls reasoning include store metadata text truncation user service_tier previous_response_id
  prompt_cache_key prompt_cache_retention safety_identifier top_logprobs background max_tool_calls`.split(/\s+/),
);

const MIN_LIMIT = 16;

/** Refuses parameters that OpenAI does not know, or does not take for these models. */
export function checkParameters(body: JsonObject, model: UpstreamModel): void {
  checkKnown(body, PARAMETERS);
  checkUnsupported(body, ['temperature', 'top_p', 'top_logprobs']);
  checkLimit(body.max_output_tokens, model);
  if (isJsonObject(body.reasoning)) checkEffort(body.reasoning.effort, 'reasoning.effort', model);
  const tools = objectsOf(body.tools);
  checkToolOptions(body, tools.length);
  for (const [index, tool] of tools.entries()) checkFunction(tool, `tools[${index}]`);
  if (typeof body.previous_response_id === 'string') {
    refuse(
      `Previous response with id '${body.previous_response_id}' not found.`,
      'previous_response_id',
      'previous_response_not_found',
    );
  }
}

function checkLimit(tokens: unknown, model: UpstreamModel): void {
  if (typeof tokens !== 'number') return;
  const param = 'max_output_tokens';
  if (tokens < MIN_LIMIT) {
    refuse(
      `Invalid '${param}': integer below minimum value. Expected a value >= ${MIN_LIMIT}, but got ${tokens} instead.`,
      param,
      'integer_below_min_value',
    );
  }
  if (tokens > model.maxOutputTokens) {
    refuse(
      `Invalid '${param}': integer above maximum value. Expected a value <= ${model.maxOutputTokens}, but got ${tokens} instead.`,
      param,
      'integer_above_max_value',
    );
  }
}
