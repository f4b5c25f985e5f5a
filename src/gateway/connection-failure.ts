import { safeError } from '../errors/safe-error.js';
import { type GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { ServerBusyError } from '../errors/request.errors.js';
import { UpstreamError, UpstreamSetupError, UpstreamTimeoutError } from '../errors/upstream.errors.js';

const limits = {
  connectMs: 'did not accept a connection in time',
  firstByteMs: 'did not begin to answer in time',
  idleMs: 'stopped in the middle of its answer',
};

/** A limit in time of a part of a request. */
export type Limit = keyof typeof limits;

const limitOf = new Map<string, Limit>([
  ['UND_ERR_CONNECT_TIMEOUT', 'connectMs'],
  ['ETIMEDOUT', 'connectMs'],
  ['UND_ERR_HEADERS_TIMEOUT', 'firstByteMs'],
  ['UND_ERR_BODY_TIMEOUT', 'idleMs'],
]);

/**
 * What a failure below HTTP means: time-outs, refused or lost connections, certificates, a host that is stopping.
 * @param url who was asked, for the message
 * @param prefix how the message begins
 */
export function connectionFailure(error: unknown, url: string, prefix = ''): GitlabDuoError {
  const code = codeOf(error);
  const cause = safeError(error);
  const say = (text: string) => (prefix === '' ? text : `${prefix}: ${text}`);
  const limit = limitOf.get(code);
  if (limit !== undefined) return timedOut(limit, url, prefix, cause);
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new ServerBusyError(say('The application is shutting down. Ask again when it is back.'), { cause });
  }
  if (/CERT|UNABLE_TO_/.test(code)) {
    const text = `The certificate of ${url} cannot be trusted (${code}). Name the authority that issued it in NODE_EXTRA_CA_CERTS.`;
    return new UpstreamSetupError(say(text), { cause });
  }
  const refusedBy = /^Proxy response \((\d+)\)/.exec(messageOf(error))?.[1];
  if (refusedBy !== undefined) {
    const text = `The proxy on the way to ${url} refused the connection (${refusedBy}). Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and what the proxy allows.`;
    return refusedBy.startsWith('5')
      ? new UpstreamError(say(text), { isRetryable: true, cause })
      : new UpstreamSetupError(say(text), { cause });
  }
  if (code === 'ENOTFOUND') {
    return new UpstreamSetupError(say(`The host of ${url} does not exist (ENOTFOUND). Check the URL.`), { cause });
  }
  if (/^UND_ERR_(?:INVALID|NOT_SUPPORTED)/.test(code)) {
    const text = `A request to ${url} could not be formed: ${messageOf(error)}.`;
    return new UpstreamSetupError(say(text), { cause });
  }
  const text = `The connection to ${url} failed (${code || messageOf(error)}). Check the URL and the network, then try again.`;
  return new UpstreamError(say(text), { isRetryable: true, cause });
}

/** A part of the request took longer than it may. */
export function timedOut(limit: Limit, url: string, prefix = '', cause?: unknown): UpstreamTimeoutError {
  const text = `${url} ${limits[limit]} (timeouts.${limit}). Try again; if it persists, check the network.`;
  return new UpstreamTimeoutError(prefix === '' ? text : `${prefix}: ${text}`, { isRetryable: true, cause });
}

/** The request took longer than `timeouts.totalMs` as a whole. */
export function totalTimeout(url: string, prefix = ''): UpstreamTimeoutError {
  const text = `${url} did not finish its answer in time (timeouts.totalMs). Ask for less, or allow more time.`;
  return new UpstreamTimeoutError(prefix === '' ? text : `${prefix}: ${text}`, { isRetryable: true });
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
}
