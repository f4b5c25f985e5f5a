import { type Api } from '../messages/part.interface.js';
import { type Model } from './model.interface.js';

type Limits = readonly [contextWindow: number, maxOutputTokens: number] | null;

/** Every model that GitLab Duo's third-party access offers; limits in thousands of tokens. */
export const catalogue: readonly Model[] = [
  adaptive('duo-chat-fable-5-1', 'claude-fable-5-1', null),
  adaptive('duo-chat-fable-5', 'claude-fable-5', [1000, 128]),
  adaptive('duo-chat-opus-5', 'claude-opus-5', [1000, 128]),
  adaptive('duo-chat-opus-4-8', 'claude-opus-4-8', [1000, 128]),
  adaptive('duo-chat-opus-4-7', 'claude-opus-4-7', [1000, 128]),
  budget('duo-chat-opus-4-6', 'claude-opus-4-6', [1000, 128]),
  budget('duo-chat-opus-4-5', 'claude-opus-4-5-20251101', [200, 64]),
  adaptive('duo-chat-sonnet-5', 'claude-sonnet-5', [1000, 64]),
  budget('duo-chat-sonnet-4-6', 'claude-sonnet-4-6', [1000, 64]),
  budget('duo-chat-sonnet-4-5', 'claude-sonnet-4-5-20250929', [200, 64]),
  budget('duo-chat-haiku-4-5', 'claude-haiku-4-5-20251001', [200, 64]),
  gpt('duo-chat-gpt-6-astra', 'gpt-6-astra', 'openai-responses', null),
  gpt('duo-chat-gpt-5-6-sol', 'gpt-5.6-sol', 'openai-responses', [1050, 128]),
  gpt('duo-chat-gpt-5-6-terra', 'gpt-5.6-terra', 'openai-responses', [1050, 128]),
  gpt('duo-chat-gpt-5-6-luna', 'gpt-5.6-luna', 'openai-responses', [1050, 128]),
  gpt('duo-chat-gpt-5-5', 'gpt-5.5-2026-04-23', 'openai-chat', [1050, 128]),
  gpt('duo-chat-gpt-5-4', 'gpt-5.4-2026-03-05', 'openai-chat', [1050, 128]),
  gpt('duo-chat-gpt-5-4-mini', 'gpt-5.4-mini', 'openai-chat', [400, 128]),
  gpt('duo-chat-gpt-5-4-nano', 'gpt-5.4-nano', 'openai-chat', [400, 128]),
  gpt('duo-chat-gpt-5-3-codex', 'gpt-5.3-codex', 'openai-responses', [400, 128]),
  gpt('duo-chat-gpt-5-2', 'gpt-5.2-2025-12-11', 'openai-chat', [400, 128]),
  gpt('duo-chat-gpt-5-2-codex', 'gpt-5.2-codex', 'openai-responses', null),
  gpt('duo-chat-gpt-5-1', 'gpt-5.1-2025-11-13', 'openai-chat', [400, 128]),
  gpt('duo-chat-gpt-5-codex', 'gpt-5-codex', 'openai-responses', null),
  gpt('duo-chat-gpt-5-mini', 'gpt-5-mini-2025-08-07', 'openai-chat', [400, 128]),
];

function adaptive(id: string, upstreamId: string, limits: Limits): Model {
  return model(id, upstreamId, limits, {
    vendor: 'anthropic',
    api: 'anthropic-messages',
    thinking: 'adaptive',
    sampling: false,
  });
}

function budget(id: string, upstreamId: string, limits: Limits): Model {
  return model(id, upstreamId, limits, {
    vendor: 'anthropic',
    api: 'anthropic-messages',
    thinking: 'budget',
    sampling: true,
  });
}

function gpt(id: string, upstreamId: string, api: Api, limits: Limits): Model {
  return model(id, upstreamId, limits, { vendor: 'openai', api, thinking: 'effort', sampling: false });
}

function model(
  id: string,
  upstreamId: string,
  limits: Limits,
  traits: Pick<Model, 'vendor' | 'api' | 'thinking' | 'sampling'>,
): Model {
  const [contextWindow, maxOutputTokens] = limits === null ? [null, null] : [limits[0] * 1000, limits[1] * 1000];
  return Object.freeze({ id, upstreamId, ...traits, contextWindow, maxOutputTokens });
}
