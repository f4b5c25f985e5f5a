import { type IncomingHttpHeaders } from 'node:http';

/** Edges in front of GitLab turn away clients that do not name themselves. */
export const USER_AGENT = 'nestjs-gitlab-duo';

/** The value of a response's header; the first where the header came more than once. */
export function headerOf(headers: NodeJS.Dict<string | string[]>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The longest wait is a day. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60_000;

/**
 * Reads `Retry-After`, in seconds or as an HTTP date, into milliseconds from now; undefined when it says neither. A date
 * is measured against the `Date` of the same answer: the local clock may be wrong.
 */
export function retryAfterMs(headers: IncomingHttpHeaders): number | undefined {
  const value = headerOf(headers, 'retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.min(Math.ceil(Number(value) * 1000), MAX_RETRY_AFTER_MS);
  const until = /^[a-z]{3,9},? /i.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(until)) return undefined;
  const now = Date.parse(headerOf(headers, 'date') ?? '');
  return Math.min(Math.max(0, until - (Number.isNaN(now) ? Date.now() : now)), MAX_RETRY_AFTER_MS);
}
