import { type ModelTraits } from '../config/model-option.interface.js';
import { EFFORTS } from '../messages/effort.js';

type Rule = [isBroken: (traits: ModelTraits) => boolean, problem: string];

const isClaude = ({ api }: ModelTraits): boolean => api === 'anthropic-messages';

const rules: readonly Rule[] = [
  [
    (model) => isClaude(model) === (model.thinking === 'effort'),
    "thinking is 'effort' with OpenAI's APIs, and with no other",
  ],
  [({ thinking, canDisable }) => thinking === 'always' && canDisable, "what thinks 'always' cannot be disabled"],
  [
    ({ thinking, thinksByDefault }) => thinking === 'always' && !thinksByDefault,
    "what thinks 'always' thinks by default",
  ],
  [({ thinking, betweenTools }) => betweenTools && thinking !== 'always', "betweenTools is for what thinks 'always'"],
  [
    ({ thinking, efforts }) => thinking !== 'budget' && efforts.length === 0,
    'efforts is empty, and its thinking needs one',
  ],
  [
    (model) => isClaude(model) && model.efforts.some((effort) => effort === 'none' || effort === 'minimal'),
    "Claude takes no effort 'none' or 'minimal'",
  ],
  [
    (model) => !isClaude(model) && model.canDisable !== model.efforts.includes('none'),
    "canDisable and the effort 'none' go together with OpenAI's APIs",
  ],
  [
    ({ efforts, defaultEffort }) => defaultEffort !== null && !efforts.includes(defaultEffort),
    'defaultEffort is not one of its efforts',
  ],
  [({ efforts }) => !isAscending(efforts), 'efforts must be in ascending order'],
  [({ inputs }) => !inputs.includes('text'), "inputs lacks 'text'"],
  [(model) => exceeds(model.maxInputTokens, model.contextWindow), 'maxInputTokens exceeds contextWindow'],
  [(model) => exceeds(model.maxOutputTokens, model.contextWindow), 'maxOutputTokens exceeds contextWindow'],
];

/** What two traits of a model cannot be at once; undefined where they agree. */
export function contradiction(traits: ModelTraits): string | undefined {
  return rules.find(([isBroken]) => isBroken(traits))?.[1];
}

function exceeds(part: number | null, whole: number | null): boolean {
  return part !== null && whole !== null && part > whole;
}

function isAscending(efforts: ModelTraits['efforts']): boolean {
  const ranks = efforts.map((effort) => EFFORTS.indexOf(effort));
  return ranks.every((rank, index) => index === 0 || rank > (ranks[index - 1] ?? -1));
}
