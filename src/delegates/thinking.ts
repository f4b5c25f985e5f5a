import { type Thinking } from '../messages/model-request.interface.js';

export type Effort = 'low' | 'medium' | 'high';

const budgets: Record<Effort, number> = { low: 2_048, medium: 8_192, high: 24_576 };

/** The effort for models that take no budget: the nearest. */
export function thinkingEffort(thinking: Thinking): Effort {
  if ('effort' in thinking) return thinking.effort;
  if (thinking.budgetTokens <= 4_096) return 'low';
  return thinking.budgetTokens <= 16_384 ? 'medium' : 'high';
}

// The vendor's own bounds: at least this much, and less than the whole answer, of which thinking is a part.
const smallestBudget = 1_024;

/**
 * The budget in tokens for models that take no effort, or undefined where the answer is too short to think at all.
 * An effort leaves at least a quarter of the answer for what is said aloud.
 */
export function thinkingBudget(thinking: Thinking, outputLimit: number): number | undefined {
  if (outputLimit <= smallestBudget) return undefined;
  const budget =
    'effort' in thinking
      ? Math.min(budgets[thinking.effort], Math.floor(outputLimit * 0.75))
      : Math.min(thinking.budgetTokens, outputLimit - 1);
  return Math.max(budget, smallestBudget);
}
