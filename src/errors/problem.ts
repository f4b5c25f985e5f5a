import { type ErrorCode, GitlabDuoError } from './gitlab-duo.error.js';

/** An error as RFC 9457 shows it over HTTP, in the `error` event and in a run's row. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  requestId?: string;
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
  not_found: [404, 'Not found'],
  chat_busy: [409, 'Chat busy'],
  pending_tool_calls: [409, 'Pending tool calls'],
  payload_too_large: [413, 'Payload too large'],
  idempotency_key_reused: [422, 'Idempotency key reused'],
  unknown_model: [422, 'Unknown model'],
  context_window_exceeded: [422, 'Context window exceeded'],
  step_limit_reached: [422, 'Step limit reached'],
  schema_mismatch: [422, 'Schema mismatch'],
  rate_limited: [429, 'Rate limited'],
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
  if (error instanceof GitlabDuoError) return problem(error.code, error.message, requestId);
  return problem('internal_error', 'The server failed; its log has the details.', requestId);
}
