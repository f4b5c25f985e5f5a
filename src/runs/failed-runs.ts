import { inspect } from 'node:util';
import { Injectable, Logger } from '@nestjs/common';
import { ChatNotFoundError } from '../errors/chat.errors.js';
import { type ErrorCode, GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { toProblem } from '../errors/problem.js';
import { RunInterruptedError, RunLostError } from '../errors/run.errors.js';
import { safeError } from '../errors/safe-error.js';
import { UpstreamSetupError } from '../errors/upstream.errors.js';
import { runName } from '../router/run-name.js';

/** What the log tells of a run. */
export interface FailedRun {
  runId: string;
  model: string;
  /** Of the request that asked, where one did. */
  requestId: string | null;
}

/** Only the operator can mend these; the others are the caller's, or pass. */
const OPERATORS_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid_configuration',
  'insufficient_credits',
  'gateway_auth_failed',
  'database_unavailable',
  'internal_error',
]);

/**
 * Logs each run that failed or was interrupted, in one line: an error where the operator has to act, else a warning. What
 * was said stays out of it, and so do the messages of errors of ours, which may quote it.
 */
@Injectable()
export class FailedRuns {
  private readonly logger = new Logger('DuoRuns');
  private readonly logged = new WeakSet<object>();

  /** Whether the error is that of a run which has been logged. */
  hasLogged(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.logged.has(error);
  }

  log({ runId, model, requestId }: FailedRun, error: unknown): void {
    if (typeof error === 'object' && error !== null) this.logged.add(error);
    // A chat is deleted by its user; a lost run is logged by the instance that has taken it over.
    if (error instanceof ChatNotFoundError || error instanceof RunLostError) return;
    const { code, status } = toProblem(error);
    const end = error instanceof RunInterruptedError ? 'was interrupted' : 'failed';
    const line = `The ${runName(runId, requestId ?? undefined)} ${end}: ${code} (${status}), model ${model}.`;
    if (!(error instanceof GitlabDuoError)) this.logger.error(line, inspect(safeError(error)));
    else if (error instanceof UpstreamSetupError || OPERATORS_CODES.has(code)) this.logger.error(line);
    else this.logger.warn(line);
  }
}
