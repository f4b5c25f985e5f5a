import { type IncomingHttpHeaders } from 'node:http';
import { type GitlabDuoError } from '../errors/gitlab-duo.error.js';
import {
  GatewayAuthError,
  InsufficientCreditsError,
  PayloadTooLargeError,
  RateLimitError,
  UpstreamError,
  UpstreamSetupError,
  UpstreamOverloadedError,
  UpstreamTimeoutError,
} from '../errors/upstream.errors.js';
import { type Redact, redact as redactPatterns } from '../errors/redact.js';
import { type ErrorBody, readErrorBody, shorten } from './error-body.js';
import { headerOf, retryAfterMs } from './headers.js';
import { vendorFailure } from './vendor-failure.js';

/** What a response of the gateway means that is not a stream of events, be it the gateway's own or a vendor's. */
export function gatewayFailure(
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
  redact: Redact = redactPatterns,
): GitlabDuoError {
  const said = readErrorBody(body, redact);
  const wait = retryAfterMs(headers);
  const passing = { isRetryable: true, retryAfterMs: wait };
  const isGitlabs = status === 401 || status === 402 || status === 403;
  if (said.vendor !== undefined && !isGitlabs) {
    return vendorFailure(said.vendor, status >= 400 ? status : undefined, wait);
  }
  if (status < 300) return notAStream(status, headers, said, redact);
  if (status < 400) return redirected(status, headers, redact);

  const say = (text: string) => `${text} (GitLab's AI gateway said ${status}${said.detail && `: ${said.detail}`}).`;
  switch (status) {
    case 401:
      return new GatewayAuthError(
        say('The gateway refused the token. Check that instanceUrl and gatewayUrl belong together'),
      );
    case 402:
      return /not enabled/i.test(said.detail)
        ? new GatewayAuthError(say('GitLab Duo is not enabled for this namespace. Ask an administrator to turn it on'))
        : new InsufficientCreditsError(
            say('The namespace has no GitLab Credits left. Buy more or wait for the next period'),
          );
    case 403:
      return /not_entitled/i.test(said.code)
        ? new GatewayAuthError(
            say(
              'The user is not entitled to GitLab Duo, or the check of that failed. Try once more, then ask an administrator for a seat',
            ),
            passing,
          )
        : new GatewayAuthError(
            say(
              'Access was refused. Check that the user may use GitLab Duo and this model, and that no firewall interferes',
            ),
          );
    case 404:
      return new UpstreamSetupError(
        say(
          'The gateway does not know the path. Check gatewayUrl, and gatewayPrefix (/v1/proxy for a self-hosted gateway)',
        ),
      );
    case 408:
      return new UpstreamTimeoutError(say('The gateway gave up waiting. Try again'), passing);
    case 413:
      return new PayloadTooLargeError(say('The request is too large. Send fewer or smaller messages and files'));
    case 429:
      return new RateLimitError(say('Too many requests. Wait, then try again'), passing);
    case 529:
      return new UpstreamOverloadedError(say('The vendor has no capacity at the moment. Try again later'), passing);
  }
  if (status >= 500) {
    return new UpstreamError(say('The gateway failed. Try again; if it persists, see status.gitlab.com'), passing);
  }
  if (said.isHtml) {
    return new UpstreamSetupError(say('A page refused the request. Check gatewayUrl, and what stands in between'));
  }
  if (/\bheader\b/i.test(said.detail)) {
    return new UpstreamSetupError(
      say(
        'The gateway refused the headers of the request. Check that instanceUrl and gatewayUrl belong together, and that nothing in between changes headers',
      ),
    );
  }
  return new UpstreamError(
    say('The gateway refused the request. Check the model and the parameters; if it refuses all, check gatewayUrl'),
  );
}

function notAStream(
  status: number,
  headers: IncomingHttpHeaders,
  { detail }: ErrorBody,
  redact: Redact,
): UpstreamError {
  const encoding = headers['content-encoding'];
  const type = headers['content-type'] ?? 'no content type';
  const what = encoding === undefined ? type : `${type}, encoded as ${encoding},`;
  // A compressed body is not readable: do not quote it.
  const begins = detail === '' || encoding !== undefined ? '' : `; the body begins: ${detail}`;
  return new UpstreamSetupError(
    `GitLab's AI gateway answered ${status} with ${shorten(what, redact)} instead of a stream of events. Check gatewayUrl and what stands in between${begins}.`,
  );
}

function redirected(status: number, headers: IncomingHttpHeaders, redact: Redact): UpstreamError {
  const target = shorten((headerOf(headers, 'location') ?? 'nowhere').replace(/[?#].*$/s, ''), redact);
  return new UpstreamSetupError(
    `GitLab's AI gateway redirects (${status}) to ${target}, and credentials do not follow. Check gatewayUrl.`,
  );
}
