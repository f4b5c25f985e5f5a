import { isObject } from '../messages/is-object.js';
import { ParamError } from './param.error.js';

/** @throws ParamError for what is not an object */
export function objectAt(value: unknown, param: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw new ParamError(param, `${param} must be an object.`);
}

/** @throws ParamError for what is not a list */
export function listAt(value: unknown, param: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new ParamError(param, `${param} must be a list.`);
}

/** @throws ParamError for what is not a text */
export function textAt(value: unknown, param: string): string {
  if (typeof value === 'string') return value;
  throw new ParamError(param, `${param} must be a text.`);
}

/** A field that may be missing or `null`. */
export function optional<T>(value: unknown, param: string, read: (value: unknown, param: string) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value, param);
}

/** Reads a number between two bounds. */
export function numberUpTo(least: number, most: number): (value: unknown, param: string) => number {
  return (value, param) => {
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw new ParamError(param, `${param} must be a number from ${least} to ${most}.`);
  };
}

/** @throws ParamError for what is not a whole number above 0 */
export function countAt(value: unknown, param: string): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new ParamError(param, `${param} must be a whole number above 0.`);
}

/** Reads true or false. */
export function flagAt(value: unknown, param: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new ParamError(param, `${param} must be true or false.`);
}

/** Reads one of some words. */
export function oneOf<T extends string>(words: readonly T[]): (value: unknown, param: string) => T {
  return (value, param) => {
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    throw new ParamError(param, `${param} must be one of ${words.join(', ')}.`, 'unsupported_value');
  };
}
