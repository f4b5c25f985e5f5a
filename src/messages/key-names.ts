import { ValidationError } from '../errors/request.errors.js';
import { MAX_JSON_DEPTH } from './json-text.js';

/**
 * The names that every object inherits. An object that has one of its own breaks code on its way: TypeORM stores less of
 * it than it was given or calls what is no function, and so does class-transformer.
 */
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/**
 * Refuses JSON with a key at any level that has the name of a member of Object.prototype, such as `toString`. In code and
 * over HTTP the same names are refused.
 * @param what what the error calls the value
 * @throws ValidationError that names the key
 */
export function checkKeyNames(value: unknown, what: string): void {
  const name = inheritedNameIn(value);
  if (name === undefined) return;
  throw new ValidationError(`${what} must not have a key named ${name}: every object inherits that name. Use another.`);
}

function inheritedNameIn(value: unknown, depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  // An object that contains itself never ends.
  if (depth === MAX_JSON_DEPTH)
    throw new ValidationError('A value is nested deeper than 1,000 levels: make it flatter.');
  const isNamed = !Array.isArray(value);
  for (const [key, inner] of Object.entries(value)) {
    const name = isNamed && INHERITED.has(key) ? key : inheritedNameIn(inner, depth + 1);
    if (name !== undefined) return name;
  }
  return undefined;
}
