import { inspect } from 'node:util';
import { type ModelOption } from '../config/model-option.interface.js';
import { ConfigurationError } from '../errors/request.errors.js';
import { EFFORTS } from '../messages/effort.js';
import { isObject } from '../messages/is-object.js';

type Check = [isRight: (value: unknown) => boolean, expected: string];

const APIS = ['anthropic-messages', 'openai-chat', 'openai-responses'];
const INPUTS = ['text', 'image', 'pdf'];
const THINKING = ['always', 'adaptive', 'budget', 'effort'];

const name: Check = [(value) => typeof value === 'string' && value.trim() !== '', 'a text that is not empty'];
const flag: Check = [(value) => typeof value === 'boolean', 'true or false'];
const limit: Check = [
  (value) => value === null || (Number.isSafeInteger(value) && (value as number) > 0),
  'a whole number of tokens above 0, or null',
];

const checks: Record<keyof ModelOption, Check> = {
  id: name,
  upstreamId: name,
  api: oneOf(APIS),
  status: oneOf(['active', 'alpha']),
  contextWindow: limit,
  maxInputTokens: limit,
  maxOutputTokens: limit,
  inputs: listOf(INPUTS),
  thinking: oneOf(THINKING),
  thinksByDefault: flag,
  canDisable: flag,
  betweenTools: flag,
  efforts: listOf(EFFORTS),
  defaultEffort: [(value) => value === null || EFFORTS.some((effort) => effort === value), `null or ${words(EFFORTS)}`],
  effortWithTools: flag,
  boundThinking: flag,
  forcedTools: flag,
  sampling: flag,
  endOfLife: [(value) => value === null || isDay(value), 'a day as YYYY-MM-DD, or null'],
  successor: [(value) => value === null || name[0](value), 'the id of a model, or null'],
};

/** @throws ConfigurationError that names what cannot be what it is */
export function checkOptions(options: unknown): void {
  if (!Array.isArray(options)) throw new ConfigurationError('models must be a list of models, each with an id.');
  const ids = new Set<string>();
  for (const [index, option] of (options as unknown[]).entries()) {
    checkFields(option, `models[${index}]`);
    if (ids.has(option.id)) throw new ConfigurationError(`models names ${JSON.stringify(option.id)} twice.`);
    ids.add(option.id);
  }
}

function checkFields(option: unknown, place: string): asserts option is ModelOption {
  if (!isObject(option)) {
    throw new ConfigurationError(`${place} must be a model with an id; it is ${inspect(option, { depth: 1 })}.`);
  }
  const fields = option;
  const unknown = Object.keys(fields).find((field) => !Object.hasOwn(checks, field));
  if (unknown !== undefined) {
    throw new ConfigurationError(`${place}.${unknown} is unknown; a model has ${Object.keys(checks).join(', ')}.`);
  }
  for (const [field, [isRight, expected]] of Object.entries(checks)) {
    const value = fields[field];
    if ((value === undefined && field !== 'id') || isRight(value)) continue;
    throw new ConfigurationError(`${place}.${field} must be ${expected}; it is ${inspect(value, { depth: 1 })}.`);
  }
}

function oneOf(values: readonly string[]): Check {
  return [(value) => values.some((known) => known === value), words(values)];
}

function listOf(values: readonly string[]): Check {
  const isRight = (value: unknown): boolean =>
    Array.isArray(value) &&
    new Set(value).size === value.length &&
    value.every((item) => values.includes(item as string));
  return [isRight, `a list of ${words(values)}, each once`];
}

function words(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(', ');
}

function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}
