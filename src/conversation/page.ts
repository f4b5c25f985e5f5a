import { validate as isUuid } from 'uuid';
import { ValidationError } from '../errors/request.errors.js';
import { type RunListOptions, type RunRecord } from '../runs/run-record.interface.js';
import { RUN_STATUSES } from '../runs/run-statuses.js';
import { type RunStore } from '../runs/run-store.interface.js';

/** How many items a page has by default, and at most. */
export interface PageSize {
  default: number;
  max: number;
}

/** Of chats, and of the runs of one. */
export const LIST_PAGE: PageSize = { default: 20, max: 100 };

/** @throws ValidationError when the limit is out of range */
export function pageLimit(limit: number | undefined, size: PageSize): number {
  if (limit === undefined) return size.default;
  if (Number.isInteger(limit) && limit >= 1 && limit <= size.max) return limit;
  throw new ValidationError(`limit must be a whole number from 1 to ${size.max}.`);
}

/** A page of rows, read with one more than the limit. */
export function page<T>(
  rows: T[],
  limit: number,
  cursorOf: (row: T) => string,
): { items: T[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}

/**
 * A page of the runs of a chat.
 * @throws ValidationError for a status, a limit or a cursor that a list does not take
 */
export async function runPage(
  store: RunStore,
  { status, limit, cursor }: RunListOptions,
): Promise<{ items: RunRecord[]; nextCursor: string | null }> {
  if (status !== undefined && !RUN_STATUSES.includes(status)) {
    throw new ValidationError(`status must be one of ${RUN_STATUSES.join(', ')}; it is ${JSON.stringify(status)}.`);
  }
  if (cursor !== undefined && !isUuid(cursor)) {
    throw new ValidationError('cursor is not one that a list has returned: pass its nextCursor unchanged.');
  }
  const size = pageLimit(limit, LIST_PAGE);
  return page(await store.list({ status, cursor, limit: size + 1 }), size, (run) => run.id);
}
