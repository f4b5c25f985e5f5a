import { type UpstreamModel } from '../gateway/upstream-model.js';
import { type JsonObject } from '../json.js';
import { refuse } from './errors.js';
import { checkThinking, isThinking } from './thinking-rules.js';

const PARAMETERS = new Set(
  `model messages max_tokens system stream temperature top_p top_k stop_sequences tools tool_choice thinking
  output_config metadata service_tier container cache_control inference_geo context_management mcp_servers speed
  betas`.split(/\s+/),
);

/** Refuses parameters that Anthropic does not know, does not take for this model, or does not combine. */
export function checkParameters(body: JsonObject, model: UpstreamModel): void {
  for (const name of Object.keys(body)) if (!PARAMETERS.has(name)) refuse(`${name}: Extra inputs are not permitted`);
  checkMaxTokens(body.max_tokens, model);
  checkStopSequences(body.stop_sequences);
  checkSampling(body, model);
  checkThinking(body, model);
}

function checkMaxTokens(maxTokens: unknown, model: UpstreamModel): void {
  if (maxTokens === undefined) refuse('max_tokens: Field required');
  if (typeof maxTokens !== 'number' || !Number.isInteger(maxTokens))
    refuse('max_tokens: Input should be a valid integer');
  if (maxTokens < 1) refuse('max_tokens: Input should be greater than or equal to 1');
  if (maxTokens > model.maxOutputTokens) {
    refuse(
      `max_tokens: ${maxTokens} > ${model.maxOutputTokens}, which is the maximum allowed number of output tokens for ${model.id}`,
    );
  }
}

function checkStopSequences(sequences: unknown): void {
  if (sequences == null) return;
  if (!Array.isArray(sequences)) refuse('stop_sequences: Input should be a valid list');
  for (const [index, sequence] of sequences.entries()) {
    if (typeof sequence !== 'string') refuse(`stop_sequences.${index}: Input should be a valid string`);
    if (sequence.trim() === '') refuse('stop_sequences: each stop sequence must contain non-whitespace');
  }
}

function checkSampling(body: JsonObject, model: UpstreamModel): void {
  const given = ['temperature', 'top_p', 'top_k'].find((name) => body[name] !== undefined);
  if (!model.hasSampling && given !== undefined) refuse(`\`${given}\` is deprecated for this model.`);
  if (body.temperature !== undefined && body.top_p !== undefined) {
    refuse('`temperature` and `top_p` cannot both be specified for this model. Please use only one.');
  }
  const temperature = Number(body.temperature ?? 1);
  if (!(temperature >= 0 && temperature <= 1)) refuse('temperature: range: 0..1');
  if (!isThinking(body)) return;
  if (temperature !== 1) refuse('`temperature` may only be set to 1 when thinking is enabled.');
  if (body.top_k !== undefined) refuse('`top_k` must be unset when thinking is enabled.');
  if (Number(body.top_p ?? 1) < 0.95) {
    refuse('`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.');
  }
}
