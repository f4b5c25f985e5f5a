import { type SandboxApi } from './sandbox-api.js';

/** A model as its vendor knows it. Limits are in tokens; `null` where nobody tells. */
export interface UpstreamModel {
  id: string;
  api: SandboxApi;
  contextWindow: number | null;
  maxOutputTokens: number | null;
  /** The values of `thinking.type` that a Claude model takes, besides `disabled`. */
  thinking: readonly ('enabled' | 'adaptive')[];
  /** Whether the model takes `temperature`, `top_p` and `top_k`. */
  hasSampling: boolean;
  /** Whether the model takes `output_config.effort`. */
  hasEffort: boolean;
  /** Whether the last message may be the assistant's, for the model to go on from. */
  hasPrefill: boolean;
  /** Whether what the model thinks is bound to what came before it. */
  hasBoundThinking?: boolean;
}

type Limits = readonly [context: number | null, output: number | null];

const CLAUDE_4_5 = { thinking: ['enabled'], hasSampling: true, hasEffort: false, hasPrefill: true } as const;
const CLAUDE_4_6 = {
  thinking: ['enabled', 'adaptive'],
  hasSampling: true,
  hasEffort: true,
  hasPrefill: false,
} as const;
const CLAUDE_LATER = { thinking: ['adaptive'], hasSampling: false, hasEffort: true, hasPrefill: false } as const;
const CLAUDE_BOUND = { ...CLAUDE_LATER, hasBoundThinking: true } as const;
const GPT = { thinking: [], hasSampling: false, hasEffort: true, hasPrefill: true } as const;

type Traits = Pick<UpstreamModel, 'thinking' | 'hasSampling' | 'hasEffort' | 'hasPrefill' | 'hasBoundThinking'>;

function model(id: string, api: SandboxApi, limits: Limits, traits: Traits): UpstreamModel {
  const [context, output] = limits.map((thousands) => (thousands === null ? null : thousands * 1000));
  return { id, api, contextWindow: context ?? null, maxOutputTokens: output ?? null, ...traits };
}

const claude = (id: string, limits: Limits, traits: Traits) => model(id, 'anthropic-messages', limits, traits);
const chat = (id: string, limits: Limits) => model(id, 'openai-chat', limits, GPT);
const responses = (id: string, limits: Limits) => model(id, 'openai-responses', limits, GPT);

const MODELS: ReadonlyMap<string, UpstreamModel> = new Map(
  [
    claude('claude-opus-4-6', [1000, 128], CLAUDE_4_6),
    claude('claude-sonnet-4-6', [1000, 64], CLAUDE_4_6),
    claude('claude-opus-4-5-20251101', [200, 64], { ...CLAUDE_4_5, hasEffort: true }),
    claude('claude-sonnet-4-5-20250929', [200, 64], CLAUDE_4_5),
    claude('claude-haiku-4-5-20251001', [200, 64], CLAUDE_4_5),
    claude('claude-fable-5-1', [1000, 128], CLAUDE_BOUND),
    claude('claude-opus-5-5', [1000, 128], CLAUDE_BOUND),
    claude('claude-sonnet-5-5', [1000, 128], CLAUDE_BOUND),
    claude('claude-haiku-5-5', [1000, 128], CLAUDE_LATER),
    claude('claude-fable-5-2', [1000, 128], CLAUDE_BOUND),
    claude('claude-fable-5', [1000, 128], CLAUDE_LATER),
    claude('claude-opus-5', [1000, 128], CLAUDE_LATER),
    claude('claude-opus-4-8', [1000, 128], CLAUDE_LATER),
    claude('claude-opus-4-7', [1000, 128], CLAUDE_LATER),
    claude('claude-sonnet-5', [1000, 64], CLAUDE_LATER),
    chat('gpt-5.1-2025-11-13', [400, 128]),
    chat('gpt-5.2-2025-12-11', [400, 128]),
    chat('gpt-5-mini-2025-08-07', [400, 128]),
    chat('gpt-5.5-2026-04-23', [1050, 128]),
    chat('gpt-5.4-2026-03-05', [1050, 128]),
    chat('gpt-5.4-mini', [400, 128]),
    chat('gpt-5.4-nano', [400, 128]),
    responses('gpt-6-astra', [1050, 128]),
    responses('gpt-6.1-sol', [1050, 128]),
    responses('gpt-6-sol', [1050, 128]),
    responses('gpt-6-luna', [1050, 128]),
    responses('gpt-5.6-sol', [1050, 128]),
    responses('gpt-5.6-terra', [1050, 128]),
    responses('gpt-5.6-luna', [1050, 128]),
    responses('gpt-5-codex', [400, 128]),
    responses('gpt-5.2-codex', [400, 128]),
    responses('gpt-5.3-codex', [400, 128]),
  ].map((entry) => [entry.id, entry]),
);

/** The model of this id, if this API serves it. */
export function findUpstreamModel(id: unknown, api: SandboxApi): UpstreamModel | undefined {
  const found = typeof id === 'string' ? MODELS.get(id) : undefined;
  return found?.api === api ? found : undefined;
}
