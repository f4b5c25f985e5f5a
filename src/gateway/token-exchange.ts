import { type IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { request } from 'undici';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { boundedText } from './bounded-text.js';
import { connectionFailure, totalTimeout } from './connection-failure.js';
import { echoedHeaders } from './echoed-headers.js';
import { parseObject } from './error-body.js';
import { EXCHANGE_FAILED, exchangeFailure } from './exchange-failure.js';
import { GatewayConnections } from './gateway-connections.js';
import { type GatewayToken } from './gateway-token.interface.js';
import { SharedFlight } from './shared-flight.js';
import { USER_AGENT } from './user-agent.js';

const PATH = '/api/v4/ai/third_party_agents/direct_access';
const BODY = JSON.stringify({ feature_flags: { DuoAgentPlatformNext: true } });

/** A token is not used in the last minute of its life. */
const SKEW_MS = 60_000;
/** How long a token is used whose end GitLab does not tell. */
const DEFAULT_LIFETIME_MS = 25 * 60_000;

/** Exchanges the personal access token for gateway tokens: one exchange at a time, however many ask. */
@Injectable()
export class TokenExchange {
  private current: GatewayToken | undefined;
  private flight: SharedFlight<GatewayToken> | undefined;

  constructor(
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(GatewayConnections) private readonly connections: GatewayConnections,
  ) {}

  /**
   * A gateway token that is good for at least a minute. An aborted caller leaves the others waiting.
   * @throws GatewayAuthError, InsufficientCreditsError, RateLimitError, UpstreamError, UpstreamTimeoutError; the reason of `signal`
   */
  async get(signal?: AbortSignal): Promise<GatewayToken> {
    signal?.throwIfAborted();
    if (this.current !== undefined && Date.now() < this.current.validUntil) return this.current;
    const flight = this.flight === undefined || this.flight.isAbandoned ? this.start() : this.flight;
    return flight.join(signal);
  }

  /** Forgets a token that the gateway refused, unless another one has taken its place already. */
  invalidate(token: GatewayToken): void {
    if (this.current === token) this.current = undefined;
  }

  private start(): SharedFlight<GatewayToken> {
    const flight = new SharedFlight((signal) => this.exchange(signal));
    this.flight = flight;
    const land = (token?: GatewayToken) => {
      if (this.flight !== flight) return;
      this.flight = undefined;
      this.current = token;
    };
    flight.result.then(land, () => {
      land();
    });
    return flight;
  }

  private async exchange(abandoned: AbortSignal): Promise<GatewayToken> {
    const { instanceUrl } = this.options;
    const { status, headers, body } = await this.send(abandoned);
    const token = status >= 200 && status < 300 ? readToken(body) : undefined;
    if (token === undefined) throw exchangeFailure(status, headers, body, instanceUrl);
    return token;
  }

  private async send(abandoned: AbortSignal): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
    const { apiKey, instanceUrl, timeouts } = this.options;
    const limit = AbortSignal.timeout(timeouts.totalMs);
    try {
      const response = await request(`${instanceUrl}${PATH}`, {
        dispatcher: this.connections.dispatcher,
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
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

function readToken(body: string): GatewayToken | undefined {
  const { token, headers, expires_at: expiresAt } = parseObject(body) ?? {};
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) return undefined;
  const validUntil = typeof expiresAt === 'number' ? expiresAt * 1000 - SKEW_MS : Date.now() + DEFAULT_LIFETIME_MS;
  return { token, headers: echoedHeaders(headers), validUntil };
}
