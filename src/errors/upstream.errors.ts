import { type Complaint } from './complaint.interface.js';
import { GitlabDuoError } from './gitlab-duo.error.js';

/** The server's own GitLab credential does not work: wrong, expired, out of scope, or Duo is not enabled for it. */
export class GatewayAuthError extends GitlabDuoError {
  readonly code = 'gateway_auth_failed';
}

/** GitLab Duo's credits of the namespace are used up. */
export class InsufficientCreditsError extends GitlabDuoError {
  readonly code = 'insufficient_credits';
}

/** Too many requests; `retryAfterMs` is set where GitLab or the edge said how long to wait. */
export class RateLimitError extends GitlabDuoError {
  readonly code = 'rate_limited';
}

/** The gateway or the vendor failed, refused the request, or sent something that is not an answer. */
export class UpstreamError extends GitlabDuoError {
  readonly code = 'upstream_error';
}

/** GitLab or the gateway cannot answer as they are set up here, by URL, network or proxy: only the operator can mend that. */
export class UpstreamSetupError extends UpstreamError {}

/** The model says more than `maxAnswerBytes`; the request was closed. */
export class AnswerTooLargeError extends UpstreamError {}

/** The vendor refuses a part of the chat's history, or to enforce a schema; without that, it may answer. */
export class PartRefusedError extends UpstreamError {
  constructor(
    message: string,
    readonly complaint: Complaint,
  ) {
    super(message);
  }
}

/** The vendor has no capacity at the moment. */
export class UpstreamOverloadedError extends GitlabDuoError {
  readonly code = 'upstream_overloaded';
}

/** The upstream did not connect, begin, continue or end in time. */
export class UpstreamTimeoutError extends GitlabDuoError {
  readonly code = 'upstream_timeout';
}

/** The request is larger than the upstream accepts. */
export class PayloadTooLargeError extends GitlabDuoError {
  readonly code = 'payload_too_large';
}

/** The chat's history no longer fits the model's context window. */
export class ContextWindowExceededError extends GitlabDuoError {
  readonly code = 'context_window_exceeded';
}
