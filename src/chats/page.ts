import { type PageSize } from '../conversation/page.js';
import { ValidationError } from '../errors/request.errors.js';

/** The largest value of the column of sequence numbers. */
const MAX_SEQ = 2 ** 31 - 1;

export const MESSAGE_PAGE: PageSize = { default: 100, max: 1_000 };

/** @throws ValidationError when it is not a sequence number */
export function pageStart(after = -1): number {
  if (Number.isInteger(after) && after >= -1 && after <= MAX_SEQ) return after;
  throw new ValidationError('after must be the seq of a message.');
}
