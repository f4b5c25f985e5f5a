import { type IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { request } from 'undici';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { boundedText } from './read-text.js';
import { connectionFailure, totalTimeout } from './connection-failure.js';
import { parseObject } from './error-body.js';
import { EXCHANGE_FAILED, exchangeFailure } from './exchange-failure.js';
import { GatewayConnections } from './gateway-connections.js';
import { type GatewayToken } from './gateway-token.interface.js';
import { headerOf, USER_AGENT } from './headers.js';
import { KnownSecrets } from './secret-redactor.js';
import { type LastExchange } from './last-exchange.interface.js';

const PATH = '/api/v4/ai/third_party_agents/direct_access';
const BODY = JSON.stringify({ feature_flags: { DuoAgentPlatformNext: true } });

/** Exchanges credentials for gateway tokens. */
@Injectable()
export class TokenExchange {
  /** Of any credential; unset before the first. */
  last: LastExchange | undefined;

  constructor(
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(GatewayConnections) private readonly connections: GatewayConnections,
    @Inject(KnownSecrets) private readonly secrets: KnownSecrets,
  ) {}

  /**
   * Asks GitLab for a gateway token.
   * @param credential a personal access token or an OAuth token
   * @param abandoned hangs up
   * @throws GatewayAuthError, InsufficientCreditsError, RateLimitError, UpstreamError, UpstreamTimeoutError, ServerBusyError
   */
  async exchange(credential: string, abandoned: AbortSignal): Promise<GatewayToken> {
    try {
      const token = await this.exchangeOnce(credential, abandoned);
      this.last = { at: new Date(), succeeded: true, code: null };
      return token;
    } catch (error) {
      const code = error instanceof GitlabDuoError ? error.code : 'internal_error';
      if (!abandoned.aborted) this.last = { at: new Date(), succeeded: false, code };
      throw error;
    }
  }

  private async exchangeOnce(credential: string, abandoned: AbortSignal): Promise<GatewayToken> {
    this.secrets.keep(credential);
    const { status, headers, body } = await this.send(credential, abandoned);
    const token = status >= 200 && status < 300 ? readToken(headers, body) : undefined;
    if (token === undefined) {
      throw exchangeFailure(status, headers, body, this.options.instanceUrl, this.secrets.redact);
    }
    this.secrets.keep(token.token);
    return token;
  }

  private async send(
    credential: string,
    abandoned: AbortSignal,
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
    const { instanceUrl, timeouts } = this.options;
    const limit = AbortSignal.timeout(timeouts.totalMs);
    try {
      const response = await request(`${instanceUrl}${PATH}`, {
        ...this.connections.requestOptions,
        dispatcher: this.connections.dispatcher,
        method: 'POST',
        headers: {
          authorization: `Bearer ${credential}`,
          'content-type': 'application/json',
          accept: 'application/json',
          'user-agent': USER_AGENT,
        },
        body: BODY,
        signal: AbortSignal.any([abandoned, limit]),
      });
      const body = await boundedText(response.body);
      return { status: response.statusCode, headers: response.headers, body };
    } catch (error) {
      throw limit.aborted
        ? totalTimeout(instanceUrl, EXCHANGE_FAILED)
        : connectionFailure(error, instanceUrl, EXCHANGE_FAILED);
    }
  }
}

function readToken(response: IncomingHttpHeaders, body: string): GatewayToken | undefined {
  const { token, headers, expires_at: expiresAt } = parseObject(body) ?? {};
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) return undefined;
  return { token, headers: echoedHeaders(headers), lifetimeMs: tokenLifetimeMs(expiresAt, headerOf(response, 'date')) };
}

/** A token is not used in the last minute of its life. */
const TOKEN_SKEW_MS = 60_000;
/** How long a token is used whose end GitLab does not tell. */
const DEFAULT_LIFETIME_MS = 25 * 60_000;
/** The longest that a token is used, even if GitLab gives it a later expiry. */
const MAX_LIFETIME_MS = 24 * 60 * 60_000;

/**
 * How long a new token is used, in milliseconds. Its expiry is compared with the clock of the server that set it, since the
 * local clock may be wrong. A token that has already expired on arrival means that no clock can be trusted.
 * @param expiresAt in seconds of the epoch, as GitLab says it; anything else counts as unknown
 * @param date the `Date` header of the same answer
 */
export function tokenLifetimeMs(expiresAt: unknown, date: string | undefined): number {
  if (typeof expiresAt !== 'number') return DEFAULT_LIFETIME_MS;
  const saidAt = Date.parse(date ?? '');
  const leftMs = expiresAt * 1000 - (Number.isNaN(saidAt) ? Date.now() : saidAt);
  return leftMs > 0 ? Math.min(leftMs - TOKEN_SKEW_MS, MAX_LIFETIME_MS) : DEFAULT_LIFETIME_MS;
}

/** Hop-by-hop headers, headers that this client sets itself, and credentials that are not for the gateway. */
const forbiddenHeaders = new Set([
  'x-api-key',
  'authorization',
  'proxy-authorization',
  'cookie',
  'host',
  'content-length',
  'content-type',
  'accept',
  'accept-encoding',
  'user-agent',
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const validHeaderName = /^[!#$%&'*+\-.^_`|~\w]+$/;
const validHeaderValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The headers of an exchange's answer that may be echoed, values unaltered; numbers and booleans become strings. */
function echoedHeaders(headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null) return {};
  const entries = Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return [];
    const text = String(value);
    const isEchoed =
      !forbiddenHeaders.has(name.toLowerCase()) && validHeaderName.test(name) && validHeaderValue.test(text);
    return isEchoed ? [[name, text]] : [];
  });
  return Object.fromEntries(entries);
}
