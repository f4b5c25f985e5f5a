import { type SandboxApi } from './sandbox-api.js';

/** The values of `thinking.type` that Claude models know. */
export type ThinkingType = 'disabled' | 'enabled' | 'adaptive' | 'between_tools';

/** A model as its vendor knows it. Limits are in tokens. */
export interface UpstreamModel {
  id: string;
  api: SandboxApi;
  contextWindow: number;
  maxInputTokens: number;
  maxOutputTokens: number;
  /** The values of `thinking.type` that a Claude model takes. */
  thinking: readonly ThinkingType[];
  /** Whether a Claude model thinks in answer to a request without `thinking`. */
  thinksByDefault: boolean;
  /** Whether a Claude model takes `disabled` with an effort above `high`. */
  isDisabledAtAnyEffort: boolean;
  /** The efforts that the model takes; empty if it refuses the parameter. */
  efforts: readonly string[];
  /** Whether the model takes `temperature`, `top_p` and `top_k`. */
  hasSampling: boolean;
  /** Whether the last message may be the assistant's, for the model to continue. */
  hasPrefill: boolean;
  /** Whether `tool_choice` may force a Claude model to call a tool. */
  hasForcedTools: boolean;
  /** Whether thinking is bound to what came before it. */
  hasBoundThinking: boolean;
  /** Whether Chat Completions takes an effort together with tools. */
  hasEffortWithTools: boolean;
  /** Whether a model of the Responses API marks each message with its `phase`. */
  hasPhases: boolean;
}

type Limits = readonly [context: number, output: number];
type Traits = Omit<UpstreamModel, 'id' | 'api' | 'contextWindow' | 'maxInputTokens' | 'maxOutputTokens'>;

const UP_TO_HIGH = ['low', 'medium', 'high'];
const UP_TO_XHIGH = [...UP_TO_HIGH, 'xhigh'];
const UP_TO_MAX = [...UP_TO_XHIGH, 'max'];

const CLAUDE_4_5: Traits = {
  thinking: ['disabled', 'enabled'],
  thinksByDefault: false,
  isDisabledAtAnyEffort: true,
  efforts: [],
  hasSampling: true,
  hasPrefill: true,
  hasForcedTools: true,
  hasBoundThinking: false,
  hasEffortWithTools: true,
  hasPhases: false,
};
const CLAUDE_4_6: Traits = {
  ...CLAUDE_4_5,
  thinking: ['disabled', 'enabled', 'adaptive'],
  efforts: [...UP_TO_HIGH, 'max'],
  hasPrefill: false,
};
const CLAUDE_4_7: Traits = {
  ...CLAUDE_4_6,
  thinking: ['disabled', 'adaptive'],
  efforts: UP_TO_MAX,
  hasSampling: false,
};
const SONNET_5: Traits = { ...CLAUDE_4_7, thinksByDefault: true };
const OPUS_5: Traits = { ...SONNET_5, isDisabledAtAnyEffort: false };
const FABLE_5: Traits = { ...SONNET_5, thinking: ['adaptive'] };
const FABLE_5_1: Traits = { ...FABLE_5, hasForcedTools: false, hasBoundThinking: true };
const HAIKU_5_5: Traits = { ...OPUS_5, hasBoundThinking: true };
const SONNET_5_5: Traits = { ...FABLE_5_1, thinking: ['adaptive', 'between_tools'] };

const GPT: Traits = { ...CLAUDE_4_7, thinking: [], efforts: UP_TO_XHIGH, hasPrefill: true };
const GPT_5_4: Traits = { ...GPT, efforts: ['none', ...UP_TO_XHIGH], hasEffortWithTools: false };
// "For models like gpt-5.3-codex and beyond": `phase` of a message in OpenAI's API reference.
const GPT_5_3_CODEX: Traits = { ...GPT, hasPhases: true };
const GPT_6: Traits = { ...GPT_5_3_CODEX, efforts: UP_TO_MAX };
const GPT_6_WITH_NONE: Traits = { ...GPT_6, efforts: ['none', ...UP_TO_MAX] };

const claude = (id: string, [context, output]: Limits, traits: Traits): UpstreamModel => ({
  id,
  api: 'anthropic-messages',
  contextWindow: context * 1000,
  maxInputTokens: context * 1000,
  maxOutputTokens: output * 1000,
  ...traits,
});
const gpt =
  (api: SandboxApi) =>
  (id: string, [context, output]: Limits, traits: Traits): UpstreamModel => ({
    ...claude(id, [context, output], traits),
    api,
    maxInputTokens: (context - output) * 1000,
  });
const chat = gpt('openai-chat');
const responses = gpt('openai-responses');

const MODELS: ReadonlyMap<string, UpstreamModel> = new Map(
  [
    claude('claude-opus-4-6', [1000, 128], CLAUDE_4_6),
    claude('claude-sonnet-4-6', [1000, 64], CLAUDE_4_6),
    claude('claude-opus-4-5-20251101', [200, 64], { ...CLAUDE_4_5, efforts: UP_TO_HIGH }),
    claude('claude-sonnet-4-5-20250929', [200, 64], CLAUDE_4_5),
    claude('claude-haiku-4-5-20251001', [200, 64], CLAUDE_4_5),
    claude('claude-fable-5-1', [1000, 128], FABLE_5_1),
    claude('claude-fable-5-2', [1000, 128], FABLE_5_1),
    claude('claude-fable-5', [1000, 128], FABLE_5),
    claude('claude-opus-5-5', [1000, 128], FABLE_5_1),
    claude('claude-opus-5', [1000, 128], OPUS_5),
    claude('claude-opus-4-8', [1000, 128], CLAUDE_4_7),
    claude('claude-opus-4-7', [1000, 128], CLAUDE_4_7),
    claude('claude-sonnet-5-5', [1000, 128], SONNET_5_5),
    claude('claude-sonnet-5', [1000, 64], SONNET_5),
    claude('claude-haiku-5-5', [1000, 128], HAIKU_5_5),
    chat('gpt-5.1-2025-11-13', [400, 128], { ...GPT, efforts: ['none', ...UP_TO_HIGH] }),
    chat('gpt-5.2-2025-12-11', [400, 128], { ...GPT, efforts: ['none', ...UP_TO_XHIGH] }),
    chat('gpt-5-mini-2025-08-07', [400, 128], { ...GPT, efforts: ['minimal', ...UP_TO_HIGH] }),
    chat('gpt-5.5-2026-04-23', [1050, 128], GPT_5_4),
    chat('gpt-5.4-2026-03-05', [1050, 128], GPT_5_4),
    chat('gpt-5.4-mini', [400, 128], GPT_5_4),
    chat('gpt-5.4-nano', [400, 128], GPT_5_4),
    responses('gpt-6.1-sol', [1050, 128], GPT_6),
    responses('gpt-6-astra', [1050, 128], GPT_6),
    responses('gpt-6-sol', [1050, 128], GPT_6_WITH_NONE),
    responses('gpt-6-luna', [1050, 128], GPT_6_WITH_NONE),
    responses('gpt-5.6-sol', [1050, 128], GPT_6_WITH_NONE),
    responses('gpt-5.6-terra', [1050, 128], GPT_6_WITH_NONE),
    responses('gpt-5.6-luna', [1050, 128], GPT_6_WITH_NONE),
    responses('gpt-5-codex', [400, 128], { ...GPT, efforts: UP_TO_HIGH }),
    responses('gpt-5.2-codex', [400, 128], GPT),
    responses('gpt-5.3-codex', [400, 128], GPT_5_3_CODEX),
  ].map((entry) => [entry.id, entry]),
);

/** The model with this id, if this API serves it. */
export function findUpstreamModel(id: unknown, api: SandboxApi): UpstreamModel | undefined {
  const found = typeof id === 'string' ? MODELS.get(id) : undefined;
  return found?.api === api ? found : undefined;
}
