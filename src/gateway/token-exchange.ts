import { type IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { request } from 'undici';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { boundedText } from './read-text.js';
import { connectionFailure, totalTimeout } from './connection-failure.js';
import { echoedHeaders } from './echoed-headers.js';
import { parseObject } from './error-body.js';
import { EXCHANGE_FAILED, exchangeFailure } from './exchange-failure.js';
import { GatewayConnections } from './gateway-connections.js';
import { type GatewayToken } from './gateway-token.interface.js';
import { headerOf } from './header-of.js';
import { KnownSecrets } from './secret-redactor.js';
import { type LastExchange } from './last-exchange.interface.js';
import { tokenLifetimeMs } from './token-lifetime.js';
import { USER_AGENT } from './user-agent.js';

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
