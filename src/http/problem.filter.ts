import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  Logger,
  Optional,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { GitlabDuoError, type ErrorCode } from '../errors/gitlab-duo.error.js';
import { type Problem, problem, toProblem } from '../errors/problem.js';
import { type Redact, redact as redactPatterns } from '../errors/redact.js';
import { safeError } from '../errors/safe-error.js';
import { KnownSecrets } from '../gateway/secret-redactor.js';
import { FailedRuns } from '../runs/failed-runs.js';
import { answerHeaders } from './answer-headers.js';
import { FILE_LIMIT, FILES_LIMIT, inMegabytes, TEXT_LIMIT } from './body-limits.js';
import { type HttpRequest } from './http.interface.js';
import { unsupportedBody } from './json-body.js';
import { requestId } from './request-id.js';
import { withoutQuery } from './without-query.js';

/** The `Retry-After` for a rate limit of GitLab that does not say how long to wait. */
const RETRY_AFTER_MS = 10_000;

/** How a problem is answered. */
export interface RenderedProblem {
  /** The media type of the body. */
  type: string;
  body: string;
  /** That of the problem where unset. */
  status?: number;
  headers?: Record<string, string>;
}

/** Answers every error as `application/problem+json` (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  private readonly redact: Redact;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Optional() @Inject(KnownSecrets) secrets?: KnownSecrets,
    @Optional() @Inject(FailedRuns) private readonly failedRuns?: FailedRuns,
  ) {
    this.redact = secrets?.redact ?? redactPatterns;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const redact: Redact = (text) => this.redact(withoutQuery(text, request.url));
    const id = requestId(request);
    const answer = problemOf(error, request, id);
    answer.detail = redact(answer.detail);
    const { httpAdapter } = this.adapterHost;
    const response: unknown = http.getResponse();
    const isAnswered = httpAdapter.isHeadersSent(response) as boolean;
    if (isAnswered && isLateAddition(error)) return;
    // A failed run has already been logged.
    if (answer.status === 500 && this.failedRuns?.hasLogged(error) !== true) {
      this.logger.error(`Request ${id} failed`, safeError(error, redact));
    }
    if (isAnswered) return;
    const { type, body, status = answer.status, headers = {} } = this.render(answer, request, error);
    httpAdapter.setHeader(response, 'content-type', `${type}; charset=utf-8`);
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    for (const [name, value] of answerHeaders(request)) httpAdapter.setHeader(response, name, value);
    const told = error instanceof GitlabDuoError ? error.retryAfterMs : undefined;
    const retryAfterMs = told ?? (status === 429 ? RETRY_AFTER_MS : undefined);
    if (retryAfterMs !== undefined)
      httpAdapter.setHeader(response, 'retry-after', String(Math.ceil(retryAfterMs / 1000)));
    httpAdapter.reply(response, body, status);
  }

  /** The problem as it goes out; a subclass may give it, and the error that it is of, another form. */
  protected render(answer: Problem, _request: HttpRequest, _error: unknown): RenderedProblem {
    return { type: 'application/problem+json', body: JSON.stringify(answer) };
  }
}

const codes: Record<number, ErrorCode> = {
  400: 'validation_failed',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  413: 'payload_too_large',
  429: 'rate_limited',
};

/** Maps errors of Nest and the platform by their status, and ours by their code. */
function problemOf(error: unknown, request: HttpRequest, id: string): Problem {
  const status = statusOf(error);
  if (error instanceof GitlabDuoError || status === undefined || status >= 500) return toProblem(error, id);
  // The platform's parser reports a misleading reason for a body that it cannot read.
  const isUnread = request.body === undefined && (status === 400 || status === 415);
  const unsupported = isUnread ? unsupportedBody(request.headers) : undefined;
  if (unsupported !== undefined) return { ...problem('validation_failed', unsupported, id), status: 415 };
  const known = problem(codes[status] ?? 'validation_failed', status === 413 ? TOO_LARGE : detailOf(error), id);
  return known.status === status ? known : { ...known, status };
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode, status } = (error ?? {}) as { statusCode?: unknown; status?: unknown };
  return typeof statusCode === 'number' ? statusCode : typeof status === 'number' ? status : undefined;
}

/** Whether a host's interceptor tried to add headers to a response already sent as events, which is harmless. */
function isLateAddition(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_HTTP_HEADERS_SENT';
}

const TOO_LARGE = `The body is larger than the server takes here. A text may take ${inMegabytes(TEXT_LIMIT)}, a file ${inMegabytes(FILE_LIMIT)}, all files of a message ${inMegabytes(FILES_LIMIT)}.`;

function detailOf(error: unknown): string {
  const response = error instanceof HttpException ? error.getResponse() : undefined;
  const message = typeof response === 'object' ? (response as { message?: unknown }).message : undefined;
  if (Array.isArray(message)) return message.join('; ');
  return error instanceof Error ? error.message : 'The request cannot be handled.';
}
