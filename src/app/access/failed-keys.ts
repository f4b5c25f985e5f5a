import { Logger } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import { LRUCache } from 'lru-cache';
import { RateLimitError } from '../../errors/upstream.errors.js';
import { sha256 } from './api-keys.js';

/** How many wrong keys a client may send within the time. */
export const MAX_FAILURES = 20;
const WITHIN_MS = 60_000;
/** How many clients, and uses of keys, are remembered; beyond it the least recent are forgotten. */
const MAX_CLIENTS = 10_000;

/**
 * Slows down the guessing of keys: a client that was wrong too often learns nothing more for a while, not even that it
 * has guessed right. Keys that it has used before still let it in, so that a stale key behind a shared address does not
 * lock out the others.
 */
export class FailedKeys {
  private readonly logger = new Logger(FailedKeys.name);
  private readonly failures = new LRUCache<string, number>({ max: MAX_CLIENTS, ttl: WITHIN_MS, noUpdateTTL: true });
  private readonly used = new LRUCache<string, true>({ max: MAX_CLIENTS });

  /**
   * Counts a key that is wrong.
   * @throws RateLimitError
   */
  add(ip: string): void {
    const client = normalizeIp(ip);
    this.refuseBlocked(client);
    const count = (this.failures.get(client) ?? 0) + 1;
    this.failures.set(client, count);
    if (count === MAX_FAILURES)
      this.logger.warn(`${client} has sent ${count} wrong API keys: no more are looked at for now.`);
  }

  /**
   * Lets a key in that is right.
   * @throws RateLimitError
   */
  admit(ip: string, key: string): void {
    const client = normalizeIp(ip);
    const use = `${client} ${sha256(key).toString('base64')}`;
    if (this.used.get(use) === undefined) this.refuseBlocked(client);
    this.used.set(use, true);
  }

  private refuseBlocked(client: string): void {
    if ((this.failures.get(client) ?? 0) < MAX_FAILURES) return;
    throw new RateLimitError('Too many wrong keys came from your address. Check the key, then try again later.', {
      isRetryable: true,
      retryAfterMs: this.failures.getRemainingTTL(client),
    });
  }
}
