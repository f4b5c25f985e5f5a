import { inspect } from 'node:util';
import { ValidationError } from '../errors/request.errors.js';
import { EFFORTS } from './effort.js';
import { checkKeyNames } from './key-names.js';
import { type ModelParams, type ParamChanges } from './model-request.interface.js';
import { isObject } from './is-object.js';

export const MAX_TEMPERATURE = 2;
export const MAX_TOP_P = 1;
/** The smallest budget of tokens that a vendor takes. In code a smaller one is raised to it, over HTTP it is refused. */
export const MIN_THINKING_BUDGET = 1_024;

type Check = [isRight: (value: unknown) => boolean, expected: string];

const isNumber = (most: number) => (value: unknown) => typeof value === 'number' && value >= 0 && value <= most;
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;

const efforts = EFFORTS.map((effort) => `'${effort}'`).join(' | ');

const checks: Record<string, Check> = {
  temperature: [isNumber(MAX_TEMPERATURE), `a number from 0 to ${MAX_TEMPERATURE}`],
  topP: [isNumber(MAX_TOP_P), `a number from 0 to ${MAX_TOP_P}`],
  maxOutputTokens: [isCount, 'a whole number above 0'],
  stopSequences: [
    (value) => Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== ''),
    'a list of texts that are not empty',
  ],
  thinking: [isThinking, `{ effort: ${efforts} } or { budgetTokens }, a whole number above 0`],
  toolChoice: [
    (value) =>
      isObject(value) ? typeof value.tool === 'string' : ['auto', 'required', 'none'].includes(value as string),
    "'auto', 'required', 'none' or { tool }",
  ],
  toolCalls: [(value) => ['one', 'many'].includes(value as string), "'one' or 'many'"],
};

/**
 * Checks the parameters that are not the vendors' own, as code gives them.
 * @throws ValidationError that names the one that cannot be what it is
 */
export function checkParams(params: ModelParams): void {
  if (!isObject(params)) throw new ValidationError(`params must be an object; it is ${quote(params)}.`);
  checkKeyNames(params, 'params');
  for (const [key, [isRight, expected]] of Object.entries(checks)) {
    const value = params[key];
    if (value === undefined || isRight(value)) continue;
    throw new ValidationError(`params.${key} must be ${expected}; it is ${quote(value)}.`);
  }
}

/**
 * Checks changes of parameters, where `null` unsets a parameter.
 * @throws ValidationError
 */
export function checkParamChanges(changes: ParamChanges): void {
  checkParams(
    isObject(changes) ? Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== null)) : changes,
  );
}

function isThinking(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { effort, budgetTokens } = value;
  if ('effort' in value) return budgetTokens === undefined && EFFORTS.some((known) => known === effort);
  return isCount(budgetTokens);
}

/** Not as JSON, where `NaN` would be `null`. */
function quote(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 100 });
}
