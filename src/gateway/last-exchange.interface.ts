import { type ErrorCode } from '../errors/gitlab-duo.error.js';

/**
 * When a gateway token was last asked for, and how that ended.
 * @publicApi
 */
export interface LastExchange {
  at: Date;
  succeeded: boolean;
  /** Why it failed; `null` where it did not. */
  code: ErrorCode | null;
}
