import { ValidationError } from '../errors/request.errors.js';
import { type Page } from './duo-chat-service.interface.js';

/** How many items a page has when nobody says, and at most. */
interface PageSize {
  usual: number;
  most: number;
}

export const CHAT_PAGE: PageSize = { usual: 20, most: 100 };
/** What the column of the sequence numbers holds at the most. */
const LAST_SEQ = 2 ** 31 - 1;

export const MESSAGE_PAGE: PageSize = { usual: 100, most: 1_000 };

/** @throws ValidationError when the limit is out of range */
export function pageLimit(limit: number | undefined, { usual, most }: PageSize): number {
  if (limit === undefined) return usual;
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new ValidationError(`limit must be a whole number from 1 to ${most}.`);
}

/** @throws ValidationError when it is no sequence number */
export function pageStart(after = -1): number {
  if (Number.isInteger(after) && after >= -1 && after <= LAST_SEQ) return after;
  throw new ValidationError('after must be the seq of a message.');
}

/** A page of rows that were read one beyond the limit. */
export function page<T>(rows: T[], limit: number, cursorOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}
