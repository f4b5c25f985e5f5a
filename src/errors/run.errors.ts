import { GitlabDuoError } from './gitlab-duo.error.js';

/** The server stopped, or died, while the run was under way; what it had stored of the answer is kept. */
export class RunInterruptedError extends GitlabDuoError {
  readonly code = 'server_busy';

  constructor(runId: string) {
    super(
      `Run ${runId} was interrupted because its server stopped. Its text so far is kept: ask for a completion to answer again.`,
      {
        isRetryable: true,
      },
    );
  }
}

/** Another instance took the run over, because this one had not renewed its lease in time. */
export class RunLostError extends GitlabDuoError {
  readonly code = 'server_busy';

  constructor(runId: string) {
    super(
      `Run ${runId} was taken over by another instance, since this one did not renew its lease in time. Read the chat's messages, then continue from there.`,
      {
        isRetryable: true,
      },
    );
  }
}

/** The chat has no such run. */
export class RunNotFoundError extends GitlabDuoError {
  readonly code = 'run_not_found';

  constructor(chatId: string, runId: string) {
    super(`Chat ${chatId} has no run ${runId}. Take the id from X-Run-Id or from the run-start event.`);
  }
}

/** The model called tools in every step that a run may take. */
export class StepLimitError extends GitlabDuoError {
  readonly code = 'step_limit_reached';

  constructor(maxSteps: number) {
    super(
      `The run has asked the model ${maxSteps} times, and it still calls tools. Ask for a completion to continue, or raise maxSteps.`,
    );
  }
}

/** The model's answer does not match the schema of the ask. */
export class SchemaMismatchError extends GitlabDuoError {
  readonly code = 'schema_mismatch';

  /**
   * @param problem what is wrong with the answer
   * @param advice what to do about it
   */
  constructor(problem: string, advice: string) {
    super(`The answer does not match the schema: ${problem}. ${advice}`);
  }
}

/** The run was cancelled before it had any text to return. */
export class RunCancelledError extends GitlabDuoError {
  readonly code = 'run_cancelled';

  constructor(runId: string) {
    super(`Run ${runId} was cancelled before it had an answer. Ask again to get one.`, { runId });
  }
}

/** The key belongs to another request of the same chat. */
export class IdempotencyKeyReusedError extends GitlabDuoError {
  readonly code = 'idempotency_key_reused';

  constructor(runId: string) {
    super('This idempotency key belongs to another request of the chat. Use a new key for a new request.', { runId });
  }
}

/** The owner has as many running and queued runs as one owner may have. */
export class TooManyRunsError extends GitlabDuoError {
  readonly code = 'too_many_runs';

  constructor(limit: number) {
    super(`This owner has ${limit} running and queued runs, which is the limit. Wait for one to end.`, {
      isRetryable: true,
      retryAfterMs: 1_000,
    });
  }
}

/** The run has as many followers as one run may have in one process. */
export class TooManyFollowersError extends GitlabDuoError {
  readonly code = 'too_many_followers';

  constructor(runId: string, limit: number) {
    super(`Run ${runId} has ${limit} followers, which is the limit. Follow it later, or read its chat's messages.`, {
      isRetryable: true,
      retryAfterMs: 1_000,
      runId,
    });
  }
}

/** A request with this key was made before; the run that began then is looked up. */
export class KeyTakenError extends Error {}

/** A message of the chat has this id of the client's own already. */
export class MessageIdTakenError extends Error {
  /** @param runId of the run that the message began; `null` where no run did */
  constructor(
    readonly externalId: string,
    readonly runId: string | null,
  ) {
    super(`The chat has a message with the id ${externalId} already.`);
  }
}

/** The process stops while it works the run, which continues in another one, or when this one starts again. */
export class RunReleasedError extends GitlabDuoError {
  readonly code = 'server_busy';

  constructor(runId: string) {
    super(`The server is stopping. Run ${runId} continues elsewhere: follow it, or ask again with the same key.`, {
      isRetryable: true,
      retryAfterMs: 1_000,
      runId,
    });
  }
}
