import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { type Problem } from '../errors/problem.js';
import { ParamError } from './param.error.js';

/** An error as OpenAI's API tells it. */
export interface OpenAiError {
  message: string;
  type: string;
  /** The parameter that the error is about, by its path in the body. */
  param: string | null;
  code: string | null;
}

/** An error with its HTTP status. */
export interface OpenAiFailure {
  status: number;
  error: OpenAiError;
}

type Known = readonly [status: number, type: string, code: string, param?: string];

const INVALID = 'invalid_request_error';

/** Where OpenAI has a status, a type or a code of its own. */
const known: Partial<Record<ErrorCode, Known>> = {
  unauthorized: [401, INVALID, 'invalid_api_key'],
  unknown_model: [404, INVALID, 'model_not_found', 'model'],
  context_window_exceeded: [400, INVALID, 'context_length_exceeded', 'messages'],
  rate_limited: [429, 'requests', 'rate_limit_exceeded'],
  too_many_runs: [429, 'requests', 'rate_limit_exceeded'],
  insufficient_credits: [429, 'insufficient_quota', 'insufficient_quota'],
};

/** The error that a client of OpenAI reads, by the problem that it is. */
export function openAiFailure({ status, code, detail }: Problem, error?: unknown): OpenAiFailure {
  if (error instanceof ParamError) {
    return { status, error: { message: detail, type: INVALID, param: error.param, code: error.fault } };
  }
  const [knownStatus, type, knownCode, param = null] = known[code] ?? [
    status,
    status >= 500 ? 'server_error' : INVALID,
    code,
  ];
  return { status: knownStatus, error: { message: detail, type, param, code: knownCode } };
}
