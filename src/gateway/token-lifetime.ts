/** A token is not used in the last minute of its life. */
const SKEW_MS = 60_000;
/** How long a token is used whose end GitLab does not tell. */
const DEFAULT_MS = 25 * 60_000;
/** No token is used longer, whatever is said of its end. */
const MAX_MS = 24 * 60 * 60_000;

/**
 * How long a token that has just come is used, in milliseconds. Its end is measured against the clock of who said it,
 * since the local one may be wrong. A token that came dead can only mean that no clock is to be trusted.
 * @param expiresAt in seconds of the epoch, as GitLab says it; anything else counts as unknown
 * @param date the `Date` header of the same answer
 */
export function tokenLifetimeMs(expiresAt: unknown, date: string | undefined): number {
  if (typeof expiresAt !== 'number') return DEFAULT_MS;
  const saidAt = Date.parse(date ?? '');
  const leftMs = expiresAt * 1000 - (Number.isNaN(saidAt) ? Date.now() : saidAt);
  return leftMs > 0 ? Math.min(leftMs - SKEW_MS, MAX_MS) : DEFAULT_MS;
}
