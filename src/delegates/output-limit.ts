import { type ModelParams } from '../messages/model-request.interface.js';
import { type Model } from '../models/model.interface.js';

const DEFAULT_MAX_OUTPUT_TOKENS = 16_384;
const FALLBACK_MAX_OUTPUT_TOKENS = 8_192;

/** The upper bound of the answer in tokens: what was asked for, or a default, and never more than the model can. */
export function outputLimit(model: Model, params: ModelParams): number {
  if (model.maxOutputTokens === null) return params.maxOutputTokens ?? FALLBACK_MAX_OUTPUT_TOKENS;
  return Math.min(params.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS, model.maxOutputTokens);
}
