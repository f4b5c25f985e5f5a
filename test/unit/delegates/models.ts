import { type Model } from '../../../src/models/model.interface.js';

const claude: Model = {
  id: 'duo-chat-opus-4-6',
  upstreamId: 'claude-opus-4-6',
  vendor: 'anthropic',
  api: 'anthropic-messages',
  contextWindow: 1_000_000,
  maxOutputTokens: 128_000,
  thinking: 'budget',
  sampling: true,
};

export const budgetClaude = claude;
export const adaptiveClaude: Model = {
  ...claude,
  id: 'duo-chat-opus-5',
  upstreamId: 'claude-opus-5',
  thinking: 'adaptive',
  sampling: false,
};

export const chatGpt: Model = {
  id: 'duo-chat-gpt-5-1',
  upstreamId: 'gpt-5.1-2025-11-13',
  vendor: 'openai',
  api: 'openai-chat',
  contextWindow: 400_000,
  maxOutputTokens: 128_000,
  thinking: 'effort',
  sampling: true,
};

export const responsesGpt: Model = {
  id: 'duo-chat-gpt-6-astra',
  upstreamId: 'gpt-6-astra',
  vendor: 'openai',
  api: 'openai-responses',
  contextWindow: null,
  maxOutputTokens: null,
  thinking: 'effort',
  sampling: false,
};
