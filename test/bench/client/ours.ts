import { resolveOptions } from '../../../src/config/resolve-options.js';
import { GatewayClient } from '../../../src/gateway/gateway-client.js';
import { GatewayConnections } from '../../../src/gateway/gateway-connections.js';
import { GatewayTokens } from '../../../src/gateway/gateway-tokens.js';
import { KnownSecrets } from '../../../src/gateway/known-secrets.js';
import { TokenExchange } from '../../../src/gateway/token-exchange.js';
import { ModelRegistry } from '../../../src/models/model-registry.js';
import { DuoRouterService } from '../../../src/router/duo-router.service.js';
import { type Contestant } from './contestant.interface.js';

/** Our client, from the request to its events. */
export function ours(url: string, model: string): Contestant {
  const options = resolveOptions({ apiKey: 'token', instanceUrl: url, gatewayUrl: url });
  const connections = new GatewayConnections(options);
  const secrets = new KnownSecrets();
  const tokens = new GatewayTokens(options, new TokenExchange(options, connections, secrets));
  const gateway = new GatewayClient(options, connections, tokens, secrets);
  const router = new DuoRouterService(options, new ModelRegistry(), gateway, secrets);
  return {
    async read(onChunks) {
      const { error } = await router.route(
        { model, messages: [{ role: 'user', parts: [{ type: 'text', text: 'Tell me a story' }] }] },
        {
          onEvents: (events) => {
            onChunks(events.length);
          },
        },
      );
      if (error !== undefined) throw error as Error;
    },
    close: () => connections.onApplicationShutdown(),
  };
}
