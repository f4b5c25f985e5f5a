import { type Answer } from '../conversation/answer.js';

/** The phases of a model's message: on the way to the answer, or the answer. */
export const PHASES = ['commentary', 'final_answer'] as const;

export type Phase = (typeof PHASES)[number];

/** The phase of an answer's message; undefined for an answer without a message. */
export function phaseOf({ text, calls }: Answer): Phase | undefined {
  if (text === '') return undefined;
  return calls.length > 0 ? 'commentary' : 'final_answer';
}
