import { type Answer, withUsage } from '../conversation/answer.js';
import { type RequestedCall } from '../conversation/call-lines.js';
import { HUGE_JSON_LENGTH } from '../conversation/deltas.js';
import { type Prompt } from '../conversation/prompt.js';
import { cutText } from '../conversation/token-count.js';
import { isJsonObject, parseJson } from '../json.js';
import { type AnswerFault } from './sandbox-fault.js';

/** How each fault changes the answer to a prompt. */
export const ANSWER_FAULTS: Record<AnswerFault, (answer: Answer, prompt: Prompt) => Answer> = {
  'answer-empty': (answer) => withUsage({ ...answer, text: '', calls: [], finish: 'stop' }),
  'answer-not-json': (answer) => withUsage({ ...answer, text: 'Certainly, here it is.', calls: [], finish: 'stop' }),
  'answer-wrong-json': (answer) => withUsage({ ...answer, text: '{"wrong":true}', calls: [], finish: 'stop' }),
  'answer-refusal': (answer) => withUsage({ ...answer, calls: [], finish: 'refusal' }),
  'answer-pause-turn': (answer) => withUsage({ ...answer, calls: [], finish: 'pause' }),
  'answer-max-tokens': (answer) => withUsage({ ...answer, text: half(answer.text), calls: [], finish: 'length' }),
  'answer-max-tokens-in-tool': (answer) =>
    withUsage({ ...answer, calls: answer.calls.map(cutIfLast), finish: 'length' }),
  'answer-context-window': (answer) =>
    withUsage({ ...answer, text: half(answer.text), calls: [], finish: 'context-window' }),
  'answer-malformed-tool-call': (answer) => withUsage({ ...answer, calls: answer.calls.map(cutIfLast) }),
  'answer-huge-tool-call': (answer, prompt) =>
    withUsage({ ...answer, calls: [hugeCall(answer.calls[0], prompt.tools[0]?.name)], finish: 'tool-calls' }),
};

function half(text: string): string {
  return cutText(text, Math.ceil(text.length / 2));
}

function cutIfLast(call: RequestedCall, index: number, calls: readonly RequestedCall[]): RequestedCall {
  return index === calls.length - 1 ? { ...call, arguments: half(call.arguments) } : call;
}

/** The requested call, or one of the first tool, with its arguments padded to 1 MB. */
function hugeCall(call: RequestedCall | undefined, tool = 'unknown'): RequestedCall {
  const given = parseJson(call?.arguments ?? '{}');
  const input = { ...(isJsonObject(given) ? given : {}), padding: '' };
  const missing = HUGE_JSON_LENGTH - JSON.stringify(input).length;
  return { name: call?.name ?? tool, arguments: JSON.stringify({ ...input, padding: 'x'.repeat(missing) }) };
}
