import { setTimeout as delay } from 'node:timers/promises';
import { ChatLockedError, DatabaseUnavailableError } from '../../errors/chat.errors.js';
import { GitlabDuoError } from '../../errors/gitlab-duo.error.js';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNIQUE_VIOLATION = '23505';
const LOCK_NOT_AVAILABLE = '55P03';
const lostConnection =
  /^(08|57P0[123]|53300$|ECONNRESET$|ECONNREFUSED$|EPIPE$|ETIMEDOUT$|ENOTFOUND$|EAI_AGAIN$|EHOSTUNREACH$)/;
const lostConnectionMessage = /Connection terminated|timeout exceeded when trying to connect|Query read timeout/;

const resendDelaysMs = [100, 300, 1_000, 2_000];

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

/** The error that a failed statement is to the caller. */
export function databaseError(error: unknown, chatId: string): Error {
  if (error instanceof GitlabDuoError) return error;
  if ((error as PostgresError).code === LOCK_NOT_AVAILABLE) return new ChatLockedError(chatId, error);
  if (isConnectionLost(error)) {
    return new DatabaseUnavailableError('The database does not answer. Check that it runs, then try again.', {
      isRetryable: true,
      cause: error,
    });
  }
  return error as Error;
}

/** Sends a statement again for some seconds while its connection is lost; it must be safe to run twice. */
export async function resendWhileLost<T>(send: (isResent: boolean) => Promise<T>): Promise<T> {
  for (let sent = 0; ; sent++) {
    try {
      return await send(sent > 0);
    } catch (error) {
      const delayMs = resendDelaysMs[sent];
      if (delayMs === undefined || !isConnectionLost(error)) throw error;
      await delay(delayMs);
    }
  }
}
