import { type ModelInput, type ModelTraits } from '../config/model-option.interface.js';
import { type Effort } from '../messages/effort.js';

/** A model as it is written down: without what follows from its traits. */
export interface CatalogueModel extends Readonly<ModelTraits> {
  readonly id: string;
  readonly isAlpha: boolean;
}

type Traits = Partial<ModelTraits>;
type Limits = readonly [contextWindow: number, maxOutputTokens: number];

const upToHigh: readonly Effort[] = ['low', 'medium', 'high'];
const upToXhigh: readonly Effort[] = [...upToHigh, 'xhigh'];
const upToMax: readonly Effort[] = [...upToXhigh, 'max'];
const withoutXhigh: readonly Effort[] = [...upToHigh, 'max'];

const textAndImages: readonly ModelInput[] = ['text', 'image'];
const allInputs: readonly ModelInput[] = [...textAndImages, 'pdf'];

// Sources: Anthropic's and OpenAI's pages of each model and their guides to effort, thinking and reasoning; the vendors'
// SDKs for ends of life; models.dev for GitLab's limits. All as of November 2026.
const claude: Omit<ModelTraits, 'upstreamId' | keyof ReturnType<typeof limitsOf>> = {
  api: 'anthropic-messages',
  inputs: allInputs,
  thinking: 'adaptive',
  thinksByDefault: false,
  canDisable: true,
  betweenTools: false,
  efforts: upToMax,
  defaultEffort: 'high',
  effortWithTools: true,
  boundThinking: false,
  forcedTools: true,
  sampling: false,
  endOfLife: null,
  successor: null,
};

/** Claude that takes a budget, and effort only if it says so. */
const budget: Traits = { thinking: 'budget', efforts: [], defaultEffort: null, sampling: true };
const always: Traits = { thinking: 'always', thinksByDefault: true, canDisable: false };
/** The rules of Fable 5.1 and of the 5.5 models. */
const preserved: Traits = { ...always, forcedTools: false, boundThinking: true };

const gpt: typeof claude = {
  ...claude,
  api: 'openai-responses',
  thinking: 'effort',
  thinksByDefault: true,
  canDisable: false,
  efforts: upToXhigh,
  defaultEffort: 'medium',
};
/** GPT that does not have to reason. */
const withNone: Traits = { canDisable: true, efforts: ['none', ...upToMax] };
const chat: Traits = { api: 'openai-chat' };
/** GPT that does not reason unless it is asked to. */
const silent: Traits = { ...chat, canDisable: true, thinksByDefault: false, defaultEffort: 'none' };
const gpt54: Traits = { ...silent, efforts: ['none', ...upToXhigh], effortWithTools: false };

const long: Limits = [1050, 128];
const short: Limits = [400, 128];

/** Every model that GitLab Duo's third-party access offers; limits in thousands of tokens. */
export const catalogue: readonly CatalogueModel[] = [
  anthropic('fable-5-1', 'claude-fable-5-1', [1000, 128], preserved),
  anthropic('fable-5', 'claude-fable-5', [1000, 128], always),
  anthropic('opus-5-5', 'claude-opus-5-5', [1000, 128], { ...preserved, defaultEffort: 'medium' }),
  anthropic('opus-5', 'claude-opus-5', [1000, 128], { thinksByDefault: true }),
  anthropic('opus-4-8', 'claude-opus-4-8', [1000, 128]),
  anthropic('opus-4-7', 'claude-opus-4-7', [1000, 128]),
  anthropic('opus-4-6', 'claude-opus-4-6', [1000, 128], { efforts: withoutXhigh, sampling: true }),
  anthropic('opus-4-5', 'claude-opus-4-5-20251101', [200, 64], {
    ...budget,
    efforts: upToHigh,
    defaultEffort: 'high',
    endOfLife: '2027-01-22',
    successor: 'duo-chat-opus-4-6',
  }),
  anthropic('sonnet-5-5', 'claude-sonnet-5-5', [1000, 128], { ...preserved, betweenTools: true }),
  anthropic('sonnet-5', 'claude-sonnet-5', [1000, 64], { thinksByDefault: true }),
  anthropic('sonnet-4-6', 'claude-sonnet-4-6', [1000, 64], {
    ...budget,
    efforts: withoutXhigh,
    defaultEffort: 'high',
  }),
  anthropic('sonnet-4-5', 'claude-sonnet-4-5-20250929', [200, 64], {
    ...budget,
    endOfLife: '2026-11-30',
    successor: 'duo-chat-sonnet-4-6',
  }),
  alpha(
    anthropic('haiku-5-5', 'claude-haiku-5-5', [1000, 128], {
      thinksByDefault: true,
      defaultEffort: 'medium',
      boundThinking: true,
    }),
  ),
  anthropic('haiku-4-5', 'claude-haiku-4-5-20251001', [200, 64], budget),
  openai('gpt-6-1-sol', 'gpt-6.1-sol', long, { efforts: upToMax }),
  openai('gpt-6-astra', 'gpt-6-astra', long, { efforts: upToMax }),
  openai('gpt-6-sol', 'gpt-6-sol', long, withNone),
  openai('gpt-6-luna', 'gpt-6-luna', long, withNone),
  openai('gpt-5-6-sol', 'gpt-5.6-sol', long, withNone),
  openai('gpt-5-6-terra', 'gpt-5.6-terra', long, withNone),
  openai('gpt-5-6-luna', 'gpt-5.6-luna', long, withNone),
  openai('gpt-5-5', 'gpt-5.5-2026-04-23', long, { ...gpt54, thinksByDefault: true, defaultEffort: 'medium' }),
  openai('gpt-5-4', 'gpt-5.4-2026-03-05', long, gpt54),
  openai('gpt-5-4-mini', 'gpt-5.4-mini', short, { ...gpt54, inputs: textAndImages }),
  openai('gpt-5-4-nano', 'gpt-5.4-nano', short, { ...gpt54, inputs: textAndImages }),
  openai('gpt-5-3-codex', 'gpt-5.3-codex', short),
  openai('gpt-5-2', 'gpt-5.2-2025-12-11', short, {
    ...silent,
    efforts: ['none', ...upToXhigh],
    inputs: textAndImages,
  }),
  openai('gpt-5-2-codex', 'gpt-5.2-codex', short),
  openai('gpt-5-1', 'gpt-5.1-2025-11-13', short, { ...silent, efforts: ['none', ...upToHigh], inputs: textAndImages }),
  openai('gpt-5-codex', 'gpt-5-codex', short, { efforts: upToHigh, inputs: textAndImages }),
  openai('gpt-5-mini', 'gpt-5-mini-2025-08-07', short, {
    ...chat,
    efforts: ['minimal', ...upToHigh],
    inputs: textAndImages,
  }),
];

function anthropic(name: string, upstreamId: string, limits: Limits, traits: Traits = {}): CatalogueModel {
  return model(name, { ...claude, upstreamId, ...limitsOf(limits), ...traits });
}

/** The vendor keeps the tokens of the longest answer free of input. */
function openai(name: string, upstreamId: string, limits: Limits, traits: Traits = {}): CatalogueModel {
  const maxInputTokens = (limits[0] - limits[1]) * 1000;
  return model(name, { ...gpt, upstreamId, ...limitsOf(limits), maxInputTokens, ...traits });
}

function limitsOf([context, output]: Limits): Pick<
  ModelTraits,
  'contextWindow' | 'maxInputTokens' | 'maxOutputTokens'
> {
  return { contextWindow: context * 1000, maxInputTokens: context * 1000, maxOutputTokens: output * 1000 };
}

function model(name: string, traits: ModelTraits): CatalogueModel {
  return Object.freeze({ id: `duo-chat-${name}`, isAlpha: false, ...traits });
}

function alpha(entry: CatalogueModel): CatalogueModel {
  return Object.freeze({ ...entry, isAlpha: true });
}
