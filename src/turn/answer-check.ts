import { DeadlineError, withDeadline } from '../async/deadline.js';
import { SchemaMismatchError } from '../errors/run.errors.js';
import { type FinishReason } from '../messages/message.interface.js';
import { isTooDeep, jsonProblem } from '../messages/json-text.js';
import { type ModelAnswer } from '../messages/model-request.interface.js';
import { type Part } from '../messages/part.interface.js';
import { textOf } from '../messages/text.js';
import { type StepOutcome } from '../router/attempt.interface.js';
import { type Schema } from '../schemas/schema.interface.js';
import { CHECK_TIMEOUT_MS } from './planned-call.js';
import { type Turn, type TurnEnd } from './turn.interface.js';

const MAX_DETAIL = 500;

/** Why an answer that did not end by itself is not JSON, and what to do about it. */
const unfinished: Partial<Record<FinishReason, readonly [problem: string, advice: string]>> = {
  length: ['it was cut off at its limit of tokens', 'Raise maxOutputTokens, or ask for less at once.'],
  'context-window': [
    'it was cut off, since the context window is full',
    'Continue in a new chat, or ask for less at once.',
  ],
  refusal: ['the model refused to give one', 'Say what you need in another way.'],
  'content-filter': ['a content filter of the vendor stopped it', 'Say what you need in another way.'],
};

/** Where the model thought before it was cut off: the limit holds for both together. */
const unfinishedThought = [
  'it was cut off at its limit of tokens, and its thinking counts towards that',
  'Raise maxOutputTokens, let the model think less, or ask for less at once.',
] as const;

/** How a turn may end with an answer, and what to tell the model where it had better answer once more. */
export type CheckedAnswer = Extract<TurnEnd, { type: 'answered' }> & { correction?: string };

/** Checks an answer against the schema of the turn, if there is one; never rejects. */
export async function checkAnswer(outcome: StepOutcome, { answerSchema, signal }: Turn): Promise<CheckedAnswer> {
  if (answerSchema === undefined || outcome.error !== undefined) return { type: 'answered', outcome };
  const { answer } = outcome;
  const failed = (error: unknown): CheckedAnswer => ({ type: 'answered', outcome: { ...outcome, error } });
  const hasThought = answer.usage.reasoningTokens > 0 || answer.parts.some(({ type }) => type === 'reasoning');
  const isThoughtCut = answer.finishReason === 'length' && hasThought;
  const reason = isThoughtCut ? unfinishedThought : unfinished[answer.finishReason];
  if (reason) {
    const [problem, advice] = reason;
    return failed(new SchemaMismatchError(problem + detailOf(answer), advice));
  }
  const parts = jsonAlone(answer.parts);
  try {
    const checked = await withDeadline(() => validated(textOf(parts), answerSchema), {
      ms: CHECK_TIMEOUT_MS,
      signal,
      graceMs: 0,
    });
    if ('value' in checked) {
      return { type: 'answered', outcome: { ...outcome, answer: { ...answer, parts } }, parsed: checked.value };
    }
    const { problem } = checked;
    const error = new SchemaMismatchError(problem, 'Say more clearly what you want, or make the schema simpler.');
    const correction = `Your answer does not match its JSON schema: ${problem}. Give the whole answer once more, as JSON that matches the schema, and nothing else.`;
    return { ...failed(error), correction };
  } catch (error) {
    const isLate = error instanceof DeadlineError;
    return failed(isLate ? new SchemaMismatchError('its check took too long', 'Make the check quicker.') : error);
  }
}

/** The vendor's explanation of a refusal, in words. */
function detailOf({ finishReason, finishDetail = {} }: ModelAnswer): string {
  if (finishReason !== 'refusal' && finishReason !== 'content-filter') return '';
  const { category, explanation } = finishDetail;
  const told = [category, explanation]
    .flatMap((text) => (typeof text === 'string' && text !== '' ? [text] : []))
    .join(': ');
  return told === '' ? '' : ` (${told.slice(0, MAX_DETAIL).toWellFormed()})`;
}

/** Of an answer that says more than its JSON, what it says last, or what it has put into a fence. */
function jsonAlone(parts: Part[]): Part[] {
  const text = textOf(parts);
  if (jsonOf(text) !== undefined) return parts;
  const last = parts.findLast((part) => part.type === 'text');
  const json = [last?.text, fenced(text)].find((found) => found !== undefined && jsonOf(found) !== undefined);
  if (json === undefined) return parts;
  return parts.flatMap((part): Part[] => {
    if (part.type !== 'text') return [part];
    return part === last ? [{ ...part, text: json }] : [];
  });
}

/** What is in the last block of code of a text in Markdown. */
function fenced(text: string): string | undefined {
  const blocks = text.matchAll(/^[ \t]*```\w*[ \t]*\r?\n([^]*?)^[ \t]*```/gm);
  return [...blocks].at(-1)?.[1]?.trim();
}

/** The value that a stored answer stands for; `undefined` where it does not match the schema. */
export async function parsedAnswer(text: string, schema: Schema): Promise<unknown> {
  const checked = await validated(text, schema);
  return 'value' in checked ? checked.value : undefined;
}

async function validated(text: string, schema: Schema): ReturnType<Schema['validate']> {
  if (text.trim() === '') return { problem: 'it is empty' };
  const value = jsonOf(text);
  if (value === undefined && !isTooDeep(text)) return { problem: 'it is not JSON' };
  const problem = jsonProblem(text);
  return problem === undefined ? schema.validate(value) : { problem };
}

/** The value of a JSON text; undefined, which no JSON text stands for, if it is invalid or nested too deeply. */
function jsonOf(text: string): unknown {
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
