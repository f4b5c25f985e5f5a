import { redact } from './redact.js';

/** Stable codes: what callers branch on, over HTTP (`code` of a problem) and in code. */
export type ErrorCode =
  | 'invalid_configuration'
  | 'validation_failed'
  | 'unauthorized'
  | 'insufficient_credits'
  | 'forbidden'
  | 'chat_not_found'
  | 'run_not_found'
  | 'message_not_found'
  | 'not_found'
  | 'chat_busy'
  | 'queue_full'
  | 'run_cancelled'
  | 'pending_tool_calls'
  | 'payload_too_large'
  | 'idempotency_key_reused'
  | 'unknown_model'
  | 'wrong_message_role'
  | 'context_window_exceeded'
  | 'step_limit_reached'
  | 'schema_mismatch'
  | 'rate_limited'
  | 'too_many_runs'
  | 'too_many_followers'
  | 'gateway_auth_failed'
  | 'upstream_error'
  | 'upstream_overloaded'
  | 'server_busy'
  | 'database_unavailable'
  | 'chat_locked'
  | 'upstream_timeout'
  | 'internal_error';

export interface ErrorDetails {
  /** Whether the same call may succeed later without any change. */
  isRetryable?: boolean;
  /** How long to wait before that, in milliseconds, where that is known. */
  retryAfterMs?: number;
  /** The run that the error is about. */
  runId?: string;
  cause?: unknown;
}

/** The base of every error that this library throws; its message, redacted, says what is wrong and what to do about it. */
export abstract class GitlabDuoError extends Error {
  abstract readonly code: ErrorCode;
  readonly isRetryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** The run that the error is about, where that tells the caller something. */
  readonly runId: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(redact(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.isRetryable = details.isRetryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.runId = details.runId;
  }
}
