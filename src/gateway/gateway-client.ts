import { Inject, Injectable } from '@nestjs/common';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { type GatewayCall, type Refusal } from './gateway-call.interface.js';
import { GatewayConnections } from './gateway-connections.js';
import { gatewayFailure } from './gateway-failure.js';
import { type GatewayToken } from './gateway-token.interface.js';
import { StreamedResponse } from './streamed-response.js';
import { TokenExchange } from './token-exchange.js';
import { USER_AGENT } from './user-agent.js';

/** Sends requests to the AI gateway, with a gateway token of its own getting, and reads the streams that come back. */
@Injectable()
export class GatewayClient {
  private readonly origin: string;
  private readonly prefix: string;

  constructor(
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(GatewayConnections) private readonly connections: GatewayConnections,
    @Inject(TokenExchange) private readonly exchange: TokenExchange,
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
    const token = await this.exchange.get(call.signal);
    let refusal = await this.send(call, token);
    if (refusal?.status === 401) {
      this.exchange.invalidate(token);
      refusal = await this.send(call, await this.exchange.get(call.signal));
    }
    if (refusal !== undefined) throw gatewayFailure(refusal.status, refusal.headers, refusal.body);
  }

  private send(call: GatewayCall, { token, headers }: GatewayToken): Promise<Refusal | undefined> {
    call.signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.connections.dispatcher.dispatch(
        {
          origin: this.origin,
          path: this.prefix + call.path,
          method: 'POST',
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
        },
        new StreamedResponse(call, this.options.gatewayUrl, this.options.timeouts.totalMs, { resolve, reject }),
      );
    });
  }
}
