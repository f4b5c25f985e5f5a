import { type ErrorDetails, GitlabDuoError } from './gitlab-duo.error.js';

/** The chat does not exist for this owner. */
export class ChatNotFoundError extends GitlabDuoError {
  readonly code = 'chat_not_found';

  constructor(chatId: string) {
    super(`There is no chat ${chatId} for this owner. Check the id, and that it is asked for in its owner's name.`);
  }
}

/** Another run of the chat is under way; the database allows one at a time. */
export class ChatBusyError extends GitlabDuoError {
  readonly code = 'chat_busy';

  constructor(chatId: string, runId: string | undefined) {
    const run = runId === undefined ? 'Another run' : `Run ${runId}`;
    super(`${run} of chat ${chatId} is still under way. Wait for it to end, then ask again.`, {
      isRetryable: true,
      runId,
    });
  }
}

/** As many runs as the chat may queue wait already. */
export class QueueFullError extends GitlabDuoError {
  readonly code = 'queue_full';

  constructor(chatId: string, limit: number) {
    super(`Chat ${chatId} has ${limit} queued runs, which is the limit. Wait for one to begin, or cancel one.`, {
      isRetryable: true,
    });
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

/** How long a caller is to wait for a database that is unavailable, in milliseconds. */
const DATABASE_RETRY_AFTER_MS = 2_000;

/** The database did not answer, or refused the statement for a reason that passes; the same call may succeed later. */
export class DatabaseUnavailableError extends GitlabDuoError {
  readonly code = 'database_unavailable';

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { isRetryable: true, retryAfterMs: DATABASE_RETRY_AFTER_MS, ...details });
  }
}

/** Tool calls have to be approved or denied before the chat can continue. */
export class PendingToolCallsError extends GitlabDuoError {
  readonly code = 'pending_tool_calls';

  constructor(chatId: string, advice = 'Approve or deny each of them, then ask for a completion to continue.') {
    super(`Tool calls of chat ${chatId} wait for approval. ${advice}`);
  }
}

/** A tool call has been decided on already, in another way, or runs without anybody's approval. */
export class ToolCallDecidedError extends GitlabDuoError {
  readonly code = 'pending_tool_calls';
}

/** The chat has no such tool call. */
export class ToolCallNotFoundError extends GitlabDuoError {
  readonly code = 'not_found';

  constructor(chatId: string, id: string) {
    super(`Chat ${chatId} has no tool call ${id}. Take the id from approval-required or from pendingApprovals().`);
  }
}
