import { ValidationError } from '../errors/request.errors.js';
import { type Page } from './duo-chat-service.interface.js';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** @throws ValidationError when the limit is out of range */
export function pageLimit(limit: number = DEFAULT_LIMIT): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new ValidationError(`limit must be a whole number from 1 to ${MAX_LIMIT}.`);
}

/** A page of rows that were read one beyond the limit. */
export function page<T>(rows: T[], limit: number, cursorOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}
