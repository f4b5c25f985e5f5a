import { GitlabDuoError } from './gitlab-duo.error.js';

/** The chat does not exist for this owner. */
export class ChatNotFoundError extends GitlabDuoError {
  readonly code = 'chat_not_found';

  constructor(chatId: string) {
    super(
      `There is no chat ${chatId} for this owner. Check the id, and pass the ownerId that the chat was created with.`,
    );
  }
}

/** Another run of the chat is under way; the database allows one at a time. */
export class ChatBusyError extends GitlabDuoError {
  readonly code = 'chat_busy';

  constructor(chatId: string, runId: string | undefined) {
    const run = runId === undefined ? 'Another run' : `Run ${runId}`;
    super(`${run} of chat ${chatId} is still under way. Wait for it to end, then ask again.`, { isRetryable: true });
  }
}

/** A transaction outside this library holds the chat's row. */
export class ChatLockedError extends GitlabDuoError {
  readonly code = 'chat_locked';

  constructor(chatId: string, cause?: unknown) {
    super(
      `Chat ${chatId} is locked by a transaction that did not end in time. Ask outside a transaction that has changed the chat, or end that transaction first.`,
      { isRetryable: true, cause },
    );
  }
}

/** The database did not answer, or refused the statement. */
export class DatabaseUnavailableError extends GitlabDuoError {
  readonly code = 'database_unavailable';
}

/** The key was used before for a call with another body. */
export class IdempotencyKeyReusedError extends GitlabDuoError {
  readonly code = 'idempotency_key_reused';
}
