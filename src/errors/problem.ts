import { type ErrorCode, GitlabDuoError } from './gitlab-duo.error.js';

/** An error as RFC 9457 shows it over HTTP, in the `error` event and in a run's row. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  requestId?: string;
  /** The run that the problem is about: for `chat_busy` the one that keeps the chat busy. */
  runId?: string;
}

/** The status and the title of each code. */
export const problems: Readonly<Record<ErrorCode, readonly [status: number, title: string]>> = {
  invalid_configuration: [500, 'Invalid configuration'],
  validation_failed: [400, 'Validation failed'],
  unauthorized: [401, 'Unauthorized'],
  insufficient_credits: [402, 'Insufficient credits'],
  forbidden: [403, 'Forbidden'],
  chat_not_found: [404, 'Chat not found'],
  run_not_found: [404, 'Run not found'],
  message_not_found: [404, 'Message not found'],
  not_found: [404, 'Not found'],
  chat_busy: [409, 'Chat busy'],
  queue_full: [409, 'Queue full'],
  run_cancelled: [409, 'Run cancelled'],
  pending_tool_calls: [409, 'Pending tool calls'],
  payload_too_large: [413, 'Payload too large'],
  idempotency_key_reused: [422, 'Idempotency key reused'],
  unknown_model: [422, 'Unknown model'],
  wrong_message_role: [422, 'Wrong message role'],
  context_window_exceeded: [422, 'Context window exceeded'],
  step_limit_reached: [422, 'Step limit reached'],
  schema_mismatch: [422, 'Schema mismatch'],
  rate_limited: [429, 'Rate limited'],
  too_many_runs: [429, 'Too many runs'],
  too_many_followers: [429, 'Too many followers'],
  internal_error: [500, 'Internal error'],
  gateway_auth_failed: [502, 'Gateway authentication failed'],
  upstream_error: [502, 'Upstream error'],
  upstream_overloaded: [503, 'Upstream overloaded'],
  server_busy: [503, 'Server busy'],
  database_unavailable: [503, 'Database unavailable'],
  chat_locked: [503, 'Chat locked'],
  upstream_timeout: [504, 'Upstream timeout'],
};

/** The one mapping from codes to HTTP statuses; the exception filter and the `error` event share it. */
export function problem(code: ErrorCode, detail: string, requestId?: string): Problem {
  const [status, title] = problems[code];
  return {
    type: `urn:gitlab-duo:problem:${code}`,
    title,
    status,
    detail,
    code,
    ...(requestId !== undefined && { requestId }),
  };
}

/** The problem that an error is to the outside; an error that is not ours keeps its message to itself. */
export function toProblem(error: unknown, requestId?: string): Problem {
  if (error instanceof StoredProblemError) return { ...error.problem, ...(requestId !== undefined && { requestId }) };
  if (error instanceof GitlabDuoError) {
    const { code, message, runId } = error;
    return { ...problem(code, message, requestId), ...(runId !== undefined && { runId }) };
  }
  return problem('internal_error', 'The server failed; its log has the details.', requestId);
}

/** The failure of a run that ended before, or in another process: the problem that its row has. */
export class StoredProblemError extends GitlabDuoError {
  readonly code: ErrorCode;

  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.code = problem.code;
  }
}
