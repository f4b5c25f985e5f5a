import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Dispatcher } from 'undici';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { proxyingDispatcher } from './proxying-dispatcher.js';

/**
 * The connections of one application to its GitLab instance and to the gateway. Both go the same way: through the
 * `dispatcher` option, or else through the proxy of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, and trusting the
 * authorities of `NODE_EXTRA_CA_CERTS`.
 */
@Injectable()
export class GatewayConnections implements OnApplicationShutdown {
  readonly dispatcher: Dispatcher;
  /** Options of every request, with any dispatcher: time limits in milliseconds, and no redirects. */
  readonly requestOptions;
  private readonly isOurs: boolean;

  constructor(@Inject(GITLAB_DUO_OPTIONS) { dispatcher, timeouts }: ResolvedOptions) {
    this.isOurs = dispatcher === undefined;
    this.dispatcher = dispatcher ?? proxyingDispatcher(timeouts.connectMs);
    this.requestOptions = { headersTimeout: timeouts.firstByteMs, bodyTimeout: timeouts.idleMs, maxRedirections: 0 };
  }

  /** Closes every connection, those of requests that are still under way too, unless the dispatcher is another's. */
  async onApplicationShutdown(): Promise<void> {
    if (this.isOurs) await this.dispatcher.destroy();
  }
}
