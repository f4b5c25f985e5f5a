import { type IncomingHttpHeaders } from 'node:http';
import { headerOf } from './header-of.js';

/** The longest wait is a day. */
const MAX_MS = 24 * 60 * 60_000;

/**
 * Reads `Retry-After`, in seconds or as an HTTP date, into milliseconds from now; undefined when it says neither. A date
 * is measured against the `Date` of the same answer: the local clock may be wrong.
 */
export function retryAfterMs(headers: IncomingHttpHeaders): number | undefined {
  const value = headerOf(headers, 'retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.min(Math.ceil(Number(value) * 1000), MAX_MS);
  const until = /^[a-z]{3,9},? /i.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(until)) return undefined;
  const now = Date.parse(headerOf(headers, 'date') ?? '');
  return Math.min(Math.max(0, until - (Number.isNaN(now) ? Date.now() : now)), MAX_MS);
}
