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

/** The model settings that clients can read and write. The others belong to the application. */
export function clientParams(params: ModelParams): ModelParams {
  return Object.fromEntries(Object.entries(params).filter(([key]) => Object.hasOwn(isClients, key)));
}

/** Replaces all client settings, and keeps the application's own. */
export function withClientParams(params: ModelParams, given: ModelParams): ModelParams {
  const own = Object.fromEntries(Object.entries(params).filter(([key]) => !Object.hasOwn(isClients, key)));
  return mergeParams(own, given);
}
