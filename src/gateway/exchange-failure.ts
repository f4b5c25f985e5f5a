import { type IncomingHttpHeaders } from 'node:http';
import { type GitlabDuoError } from '../errors/gitlab-duo.error.js';
import {
  GatewayAuthError,
  InsufficientCreditsError,
  RateLimitError,
  UpstreamError,
  UpstreamSetupError,
} from '../errors/upstream.errors.js';
import { type Redact, redact as redactPatterns } from '../errors/redact.js';
import { type ErrorBody, readErrorBody } from './error-body.js';
import { retryAfterMs } from './headers.js';

/** How the message of every failed exchange begins. */
export const EXCHANGE_FAILED = 'Failed to obtain GitLab direct access token';

/**
 * What a response of GitLab's token exchange means that holds no token.
 * @param url the instance, for the message
 */
export function exchangeFailure(
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
  url: string,
  redact: Redact = redactPatterns,
): GitlabDuoError {
  // What came with a success may be most of a token: only a page may be quoted then.
  const page = readErrorBody(body, redact);
  const said = status < 300 && !page.isHtml ? { ...page, detail: '' } : page;
  const say = (text: string) =>
    `${EXCHANGE_FAILED}: ${text} (${url} said ${status}${said.detail && `: ${said.detail}`}).`;
  const wait = retryAfterMs(headers);

  if (status === 401) {
    return new GatewayAuthError(
      say(
        'the personal access token is wrong, expired or revoked. Create one with the scope ai_features; a CI job token does not do',
      ),
    );
  }
  if (status === 403) return new GatewayAuthError(say(forbidden(said)));
  if (status === 402) {
    return new InsufficientCreditsError(
      say('the namespace has no GitLab Credits left. Buy more or wait for the next period'),
    );
  }
  if (status === 404) {
    return new UpstreamSetupError(say('the instance is too old or not GitLab EE. Check the instance URL'));
  }
  if (status === 429) {
    return new RateLimitError(say('too many requests. Wait, then try again'), {
      isRetryable: true,
      retryAfterMs: wait,
    });
  }
  if (status === 503 && /default GitLab Duo namespace/i.test(said.detail)) {
    return new GatewayAuthError(say("the token's user must pick a default GitLab Duo namespace in their preferences"));
  }
  if (status >= 500) {
    return new UpstreamError(
      say(
        'GitLab could not issue one at the moment. Try again; if it persists, check that the namespace has GitLab Credits left',
      ),
      { isRetryable: true, retryAfterMs: wait },
    );
  }
  if (status >= 300 && status < 400) {
    return new UpstreamSetupError(say('the instance redirects, and credentials do not follow. Check the instance URL'));
  }
  if (said.isHtml) {
    return new UpstreamSetupError(
      say('the URL is behind single sign-on or is not a GitLab instance. Check the instance URL'),
    );
  }
  return new UpstreamSetupError(
    say(
      status < 300
        ? 'the answer holds no token. Check the instance URL'
        : 'the request was refused. Check the instance URL',
    ),
  );
}

function forbidden({ code, detail }: ErrorBody): string {
  return /insufficient_scope/.test(`${code} ${detail}`)
    ? 'the personal access token lacks the scope ai_features. Create one that has it'
    : 'GitLab Duo is off for this instance, group or user. Ask an administrator to turn it on';
}
