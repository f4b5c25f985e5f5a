import { ValidationError } from '../errors/request.errors.js';
import { type JsonValue } from '../messages/json.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';

type Check = [isRight: (value: JsonValue | object) => boolean, expected: string];

const isNumber = (most: number) => (value: unknown) => typeof value === 'number' && value >= 0 && value <= most;
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const checks: Record<string, Check> = {
  temperature: [isNumber(2), 'a number from 0 to 2'],
  topP: [isNumber(1), 'a number from 0 to 1'],
  maxOutputTokens: [isCount, 'a whole number above 0'],
  stopSequences: [
    (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    'a list of texts',
  ],
  thinking: [
    (value) =>
      isObject(value) && (['low', 'medium', 'high'].includes(value.effort as string) || isCount(value.budgetTokens)),
    "{ effort: 'low' | 'medium' | 'high' } or { budgetTokens }",
  ],
  toolChoice: [
    (value) =>
      isObject(value) ? typeof value.tool === 'string' : ['auto', 'required', 'none'].includes(value as string),
    "'auto', 'required', 'none' or { tool }",
  ],
  toolCalls: [(value) => ['one', 'many'].includes(value as string), "'one' or 'many'"],
};

/**
 * Checks the parameters that are not the vendors' own.
 * @throws ValidationError that names the one that cannot be what it is
 */
export function checkParams(params: ModelParams): void {
  for (const [key, [isRight, expected]] of Object.entries(checks)) {
    const value = params[key];
    if (value === undefined || isRight(value)) continue;
    throw new ValidationError(`its params.${key} must be ${expected}; it is ${JSON.stringify(value)}.`);
  }
}
