import { type Model } from '../../../src/models/model.interface.js';
import { ModelRegistry } from '../../../src/models/model-registry.js';

const registry = new ModelRegistry([{ id: 'duo-chat-haiku-5-5' }]);

/** A model of the catalogue. */
export function modelOf(id: string): Model {
  return registry.get(id);
}

export const budgetClaude = modelOf('duo-chat-sonnet-4-6');
export const adaptiveClaude = modelOf('duo-chat-opus-5');
export const alwaysClaude = modelOf('duo-chat-opus-5-5');
/** As if it took sampling, which no GPT of the catalogue does. */
export const chatGpt: Model = { ...modelOf('duo-chat-gpt-5-1'), sampling: true };
export const responsesGpt: Model = { ...modelOf('duo-chat-gpt-6-astra'), contextWindow: null, maxOutputTokens: null };
