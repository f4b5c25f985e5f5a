import { type Answer } from '../conversation/answer.js';

/** What a message of a model is: something on the way to the answer, or the answer. */
export const PHASES = ['commentary', 'final_answer'] as const;

export type Phase = (typeof PHASES)[number];

/** What the message of an answer is; undefined where it has none. */
export function phaseOf({ text, calls }: Answer): Phase | undefined {
  if (text === '') return undefined;
  return calls.length > 0 ? 'commentary' : 'final_answer';
}
