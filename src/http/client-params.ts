import { mergeParams } from '../messages/merge-params.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type ParamsDto } from './dto/params.dto.js';

const isClients: Record<keyof ParamsDto, true> = {
  temperature: true,
  topP: true,
  maxOutputTokens: true,
  stopSequences: true,
  thinking: true,
};

/** The settings of the model that clients read and write; the others are the application's alone. */
export function clientParams(params: ModelParams): ModelParams {
  return Object.fromEntries(Object.entries(params).filter(([key]) => Object.hasOwn(isClients, key)));
}

/** The settings with those of the client replaced whole, and the application's own as they were. */
export function withClientParams(params: ModelParams, given: ModelParams): ModelParams {
  const own = Object.fromEntries(Object.entries(params).filter(([key]) => !Object.hasOwn(isClients, key)));
  return mergeParams(own, given);
}
