import { setTimeout as delay } from 'node:timers/promises';
import { ChatLockedError, DatabaseUnavailableError } from '../../errors/chat.errors.js';
import { GitlabDuoError } from '../../errors/gitlab-duo.error.js';
import { safeError } from '../../errors/safe-error.js';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNIQUE_VIOLATION = '23505';
const LOCK_NOT_AVAILABLE = '55P03';
/** Of a statement that had a deadline, and did nothing: see `boundedBy`. */
const tooLate = /lock_timeout.*too late/;
const lostConnection =
  /^(08|28|3D000$|55000$|57P0[123]|53300$|ECONNRESET$|ECONNREFUSED$|EPIPE$|ETIMEDOUT$|ENOTFOUND$|EAI_AGAIN$|EHOSTUNREACH$)/;
const lostConnectionMessage =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|after calling end on the pool/;
// Deadlock, serialization failure, and a row that another transaction holds: the statement had no effect.
const passing = /^(40P01|40001|55P03)$/;

interface PostgresError {
  code?: string;
  constraint?: string;
  message?: string;
}

/** The unique index that a statement ran into, if that is what failed. */
export function violatedUnique(error: unknown): string | undefined {
  const { code, constraint } = error as PostgresError;
  return code === UNIQUE_VIOLATION ? constraint : undefined;
}

/** Whether the connection failed, so that nobody knows if the statement took effect. */
export function isConnectionLost(error: unknown): boolean {
  const { code, message } = error as PostgresError;
  return lostConnection.test(code ?? '') || lostConnectionMessage.test(message ?? '');
}

/** Whether the same statement may succeed in a moment. */
export function isPassing(error: unknown): boolean {
  return isConnectionLost(error) || passing.test((error as PostgresError).code ?? '');
}

/**
 * Does the work, whose failures become errors of ours.
 * @param chatId the chat that is worked on, where it is one
 * @throws ChatLockedError, DatabaseUnavailableError
 */
export async function onDatabase<T>(work: () => Promise<T>, chatId = 'of this call'): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw databaseError(error, chatId);
  }
}

function databaseError(error: unknown, chatId: string): Error {
  if (error instanceof GitlabDuoError) return error;
  if ((error as PostgresError).code === LOCK_NOT_AVAILABLE) return new ChatLockedError(chatId, safeError(error));
  if (isConnectionLost(error) || tooLate.test((error as PostgresError).message ?? '')) {
    return new DatabaseUnavailableError(
      'The database does not answer in time. Check that it runs and has connections to spare, then try again.',
      {
        isRetryable: true,
        cause: safeError(error),
      },
    );
  }
  return error as Error;
}

/** When a statement is sent again, and for how long. */
export interface Resending {
  isWorthIt: (error: unknown) => boolean;
  forMs: number;
}

/** A caller waits for it. */
const WHILE_SOMEBODY_WAITS: Resending = { isWorthIt: isConnectionLost, forMs: 3_000 };
/** What a model has said must not be lost: it cannot be asked again without cost. */
export const UNTIL_STORED: Resending = { isWorthIt: isPassing, forMs: 60_000 };

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;

/** Sends a statement, which must be safe to run twice, again and again while it fails for a passing reason. */
export async function resend<T>(
  send: (isResent: boolean) => Promise<T>,
  { isWorthIt, forMs }: Resending = WHILE_SOMEBODY_WAITS,
): Promise<T> {
  const until = performance.now() + forMs;
  for (let delayMs = FIRST_DELAY_MS, sent = 0; ; sent += 1, delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    try {
      return await send(sent > 0);
    } catch (error) {
      if (!isWorthIt(error) || performance.now() + delayMs > until) throw error;
      await delay(delayMs);
    }
  }
}
