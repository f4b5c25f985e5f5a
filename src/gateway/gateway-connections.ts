import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';

/** How long an idle connection is kept for the next request, where the other side does not say. */
const KEEP_ALIVE_MS = 30_000;

/**
 * The connections of one application to its GitLab instance and to the gateway. Both go the same way: through the proxy
 * of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, and trusting the authorities of `NODE_EXTRA_CA_CERTS`.
 */
@Injectable()
export class GatewayConnections implements OnApplicationShutdown {
  readonly dispatcher: Dispatcher;

  constructor(@Inject(GITLAB_DUO_OPTIONS) { timeouts }: ResolvedOptions) {
    this.dispatcher = new EnvHttpProxyAgent({
      connect: { timeout: timeouts.connectMs },
      headersTimeout: timeouts.firstByteMs,
      bodyTimeout: timeouts.idleMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
  }

  /** Closes every connection, those of requests that are still under way too. */
  async onApplicationShutdown(): Promise<void> {
    await this.dispatcher.destroy();
  }
}
