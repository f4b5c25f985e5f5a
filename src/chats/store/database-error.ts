import { ChatLockedError, DatabaseUnavailableError } from '../../errors/chat.errors.js';
import { GitlabDuoError } from '../../errors/gitlab-duo.error.js';
import { safeError } from '../../errors/safe-error.js';
import { isConnectionLost, passingState } from './database-failure.js';

const LOCK_NOT_AVAILABLE = '55P03';
/** Of a statement that came after its deadline and wrote nothing: see `lockTimeoutUntil`. */
const tooLate = /lock_timeout.*too late/;

/**
 * Does the work and maps the database's failures to this library's errors.
 * @param chatId the chat that is worked on, if it is one
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
  const { code, message } = error as { code?: string; message?: string };
  const cause = safeError(error);
  if (code === LOCK_NOT_AVAILABLE) return new ChatLockedError(chatId, cause);
  if (isConnectionLost(error) || tooLate.test(message ?? '')) {
    return new DatabaseUnavailableError(
      'The database does not answer in time. Check that it runs and has connections to spare, then try again.',
      { cause },
    );
  }
  const state = passingState(error);
  if (state === undefined) return error as Error;
  return new DatabaseUnavailableError(`The database refused for now (SQLSTATE ${state}). Try again.`, { cause });
}
