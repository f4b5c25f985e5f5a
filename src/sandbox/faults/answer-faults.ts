import { type Answer, withUsage } from '../conversation/answer.js';
import { type AnswerFault } from './sandbox-fault.js';

/** What each fault makes of an answer. */
export const ANSWER_FAULTS: Record<AnswerFault, (answer: Answer) => Answer> = {
  'answer-empty': (answer) => withUsage({ ...answer, text: '', calls: [], finish: 'stop' }),
  'answer-refusal': (answer) => withUsage({ ...answer, calls: [], finish: 'refusal' }),
  'answer-pause-turn': (answer) => withUsage({ ...answer, calls: [], finish: 'pause' }),
};
