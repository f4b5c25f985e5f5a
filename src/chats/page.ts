import { ValidationError } from '../errors/request.errors.js';
import { type Page } from './duo-chat-service.interface.js';

/** How many items a page has by default, and at most. */
interface PageSize {
  default: number;
  max: number;
}

export const CHAT_PAGE: PageSize = { default: 20, max: 100 };
/** The largest value of the column of sequence numbers. */
const MAX_SEQ = 2 ** 31 - 1;

export const MESSAGE_PAGE: PageSize = { default: 100, max: 1_000 };

/** @throws ValidationError when the limit is out of range */
export function pageLimit(limit: number | undefined, size: PageSize): number {
  if (limit === undefined) return size.default;
  if (Number.isInteger(limit) && limit >= 1 && limit <= size.max) return limit;
  throw new ValidationError(`limit must be a whole number from 1 to ${size.max}.`);
}

/** @throws ValidationError when it is not a sequence number */
export function pageStart(after = -1): number {
  if (Number.isInteger(after) && after >= -1 && after <= MAX_SEQ) return after;
  throw new ValidationError('after must be the seq of a message.');
}

/** A page of rows, read with one more than the limit. */
export function page<T>(rows: T[], limit: number, cursorOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}
