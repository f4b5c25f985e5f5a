import { type JsonObject } from '../messages/json.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type Model } from '../models/model.interface.js';

/** What an API takes of sampling. */
export interface SamplingRules {
  maxTemperature: number;
  /** Whether it takes `temperature` or `top_p`, and refuses both together. */
  isEither: boolean;
}

const openai: SamplingRules = { maxTemperature: 2, isEither: false };

/** `temperature` and `top_p` where the model takes them, and never beside thinking. */
export function renderSampling(
  model: Model,
  params: ModelParams,
  isThinking: boolean,
  { maxTemperature, isEither }: SamplingRules = openai,
): JsonObject {
  if (!model.sampling || isThinking) return {};
  const { topP } = params;
  const temperature = params.temperature === undefined ? undefined : Math.min(params.temperature, maxTemperature);
  const withTopP = topP !== undefined && !(isEither && temperature !== undefined);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(withTopP && { top_p: topP }),
  };
}
