import { Inject, Injectable } from '@nestjs/common';
import { type Caller, type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { parseObject, readErrorBody } from './error-body.js';
import { type GatewayCall, type ErrorResponse } from './gateway-call.interface.js';
import { GatewayConnections } from './gateway-connections.js';
import { gatewayFailure } from './gateway-failure.js';
import { type GatewayToken } from './gateway-token.interface.js';
import { GatewayTokens } from './gateway-tokens.js';
import { KnownSecrets } from './secret-redactor.js';
import { StreamedResponse } from './streamed-response.js';
import { USER_AGENT } from './headers.js';

/** A request without model and messages: the only expected response is a rejection. */
const PROBE_REQUEST: GatewayCall = {
  path: '/anthropic/v1/messages',
  headers: { 'anthropic-version': '2023-06-01' },
  body: '{}',
  sink: { isDone: true, mayCost: false, push: () => undefined },
};

const ANONYMOUS: Caller = { ownerId: null };

/** Sends requests to the AI gateway, with a gateway token of its own getting, and reads the streams that come back. */
@Injectable()
export class GatewayClient {
  private readonly origin: string;
  private readonly prefix: string;

  constructor(
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(GatewayConnections) private readonly connections: GatewayConnections,
    @Inject(GatewayTokens) private readonly tokens: GatewayTokens,
    @Inject(KnownSecrets) private readonly secrets: KnownSecrets,
  ) {
    const { origin, pathname } = new URL(options.gatewayUrl);
    this.origin = origin;
    this.prefix = pathname.replace(/\/$/, '') + options.gatewayPrefix;
  }

  /**
   * Posts a request and hands the events of its answer to the sink; resolves once the sink is done. A token that the
   * gateway refuses is replaced once.
   * @throws GitlabDuoError for every failure of GitLab, of the vendor and of the network; UpstreamError when the stream
   * ends before the sink is done; whatever the sink throws; the reason of `signal`, whose abort closes the socket
   */
  async stream(call: GatewayCall): Promise<void> {
    const token = await this.tokens.get(call.caller ?? ANONYMOUS, call.signal);
    const refusal = await this.sendWith(token, call);
    if (refusal !== undefined) throw this.failure(refusal);
  }

  /**
   * Exchanges the caller's credential again and presents the token to the gateway, with a request that is rejected before
   * it reaches a model.
   * @throws like `stream`
   */
  async check(caller: Caller, signal?: AbortSignal): Promise<void> {
    const token = await this.tokens.next(caller, signal);
    const refusal = await this.sendWith(token, { ...PROBE_REQUEST, caller, signal });
    if (refusal !== undefined && !isBodyRejection(refusal)) throw this.failure(refusal);
  }

  private failure({ status, headers, body }: ErrorResponse): Error {
    return gatewayFailure(status, headers, body, this.secrets.redact);
  }

  private async sendWith(token: GatewayToken, call: GatewayCall): Promise<ErrorResponse | undefined> {
    const refusal = await this.send(call, token);
    if (refusal?.status !== 401) return refusal;
    this.tokens.invalidate(token);
    return this.send(call, await this.tokens.get(call.caller ?? ANONYMOUS, call.signal));
  }

  private send(call: GatewayCall, { token, headers }: GatewayToken): Promise<ErrorResponse | undefined> {
    call.signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const { gatewayUrl, timeouts, maxAnswerBytes } = this.options;
      const response = new StreamedResponse(call, gatewayUrl, timeouts, { resolve, reject }, maxAnswerBytes);
      const request = {
        ...this.connections.requestOptions,
        // The response watches its limits itself.
        headersTimeout: 0,
        bodyTimeout: 0,
        origin: this.origin,
        path: this.prefix + call.path,
        method: 'POST' as const,
        headers: {
          ...headers,
          ...call.headers,
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'text/event-stream',
          'accept-encoding': 'identity',
          'user-agent': USER_AGENT,
        },
        body: call.body,
      };
      try {
        this.connections.dispatcher.dispatch(request, response);
      } catch (error) {
        response.onResponseError(undefined, error as Error);
      }
    });
  }
}

/**
 * Whether the probe was rejected for its empty body, which means that the token and the headers were accepted: only the
 * gateway, and the vendor behind it, answer with JSON and these statuses.
 */
function isBodyRejection({ status, body }: ErrorResponse): boolean {
  const isRefused = (status === 400 || status === 422) && parseObject(body) !== undefined;
  return isRefused && !/\b(?:header|api key)\b/i.test(readErrorBody(body).detail);
}
