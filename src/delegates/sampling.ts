import { type JsonObject } from '../messages/json.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type Model } from '../models/model.interface.js';

// Beyond 1 Claude refuses the request, where GPT goes up to 2.
const hottestClaude = 1;

/**
 * `temperature` and `top_p` where the model takes them: never beside thinking, and of Claude's two only one, since it
 * refuses both together.
 */
export function renderSampling(model: Model, params: ModelParams, isThinking: boolean): JsonObject {
  if (!model.sampling || isThinking) return {};
  const { topP } = params;
  const isHot = model.vendor === 'anthropic' && (params.temperature ?? 0) > hottestClaude;
  const temperature = isHot ? hottestClaude : params.temperature;
  const withTopP = topP !== undefined && (model.vendor === 'openai' || temperature === undefined);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(withTopP && { top_p: topP }),
  };
}
