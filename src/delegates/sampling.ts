import { type JsonObject } from '../messages/json.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type Model } from '../models/model.interface.js';

/**
 * `temperature` and `top_p` where the model takes them: never beside thinking, and of Claude's two only one, since it
 * refuses both together.
 */
export function renderSampling(model: Model, params: ModelParams, isThinking: boolean): JsonObject {
  if (!model.sampling || isThinking) return {};
  const { temperature, topP } = params;
  const withTopP = topP !== undefined && (model.vendor === 'openai' || temperature === undefined);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(withTopP && { top_p: topP }),
  };
}
