import { type Effort, EFFORTS } from '../messages/effort.js';
import { type Thinking } from '../messages/model-request.interface.js';
import { MIN_THINKING_BUDGET } from '../messages/params.js';
import { type Model } from '../models/model.interface.js';

const budgets: Record<Effort, number> = {
  none: 0,
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 24_576,
  xhigh: 32_768,
  max: 49_152,
};

/** Whether the model is asked not to think, or as little as it can. */
export function isOff(thinking: Thinking | undefined): boolean {
  return thinking !== undefined && 'effort' in thinking && thinking.effort === 'none';
}

/**
 * The effort that comes nearest among those that the model takes; between two equally near ones the lower, which costs
 * less. `none` is the lowest that there is, and no other becomes `none`.
 */
export function nearestEffort({ efforts }: Pick<Model, 'efforts'>, thinking: Thinking): Effort | undefined {
  if (isOff(thinking)) return efforts[0];
  const wanted = EFFORTS.indexOf(effortOf(thinking));
  const distance = (effort: Effort): number => Math.abs(EFFORTS.indexOf(effort) - wanted);
  return efforts
    .filter((effort) => effort !== 'none')
    .reduce<Effort | undefined>(
      (best, effort) => (best === undefined || distance(effort) < distance(best) ? effort : best),
      undefined,
    );
}

function effortOf(thinking: Thinking): Effort {
  if ('effort' in thinking) return thinking.effort;
  if (thinking.budgetTokens <= 4_096) return 'low';
  return thinking.budgetTokens <= 16_384 ? 'medium' : 'high';
}

/**
 * The budget in tokens for models that take no effort, or undefined where the answer is too short to think at all.
 * An effort leaves at least a quarter of the answer for the visible text.
 */
export function thinkingBudget(thinking: Thinking, outputLimit: number): number | undefined {
  if (outputLimit <= MIN_THINKING_BUDGET) return undefined;
  // The vendor takes less than the whole answer, since thinking is a part of it.
  const budget =
    'effort' in thinking
      ? Math.min(budgets[thinking.effort], Math.floor(outputLimit * 0.75))
      : Math.min(thinking.budgetTokens, outputLimit - 1);
  return Math.max(budget, MIN_THINKING_BUDGET);
}
