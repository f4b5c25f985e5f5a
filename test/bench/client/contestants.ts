import { Agent, request } from 'undici';
import { resolveOptions } from '../../../src/config/resolve-options.js';
import { GatewayClient } from '../../../src/gateway/gateway-client.js';
import { GatewayConnections } from '../../../src/gateway/gateway-connections.js';
import { TokenExchange } from '../../../src/gateway/token-exchange.js';
import { type ModelRequest } from '../../../src/messages/model-request.interface.js';
import { ModelRegistry } from '../../../src/models/model-registry.js';
import { DuoRouterService } from '../../../src/router/duo-router.service.js';

/** Reads one stream to its end and counts its chunks. */
export interface Contestant {
  read(): Promise<number>;
  close(): Promise<void>;
}

const question: ModelRequest = {
  model: 'duo-chat-sonnet-4-6',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Tell me a story' }] }],
};

/** Our client, from the request to its events. */
export function ours(url: string): Contestant {
  const options = resolveOptions({ apiKey: 'token', instanceUrl: url, gatewayUrl: url });
  const connections = new GatewayConnections(options);
  const gateway = new GatewayClient(options, connections, new TokenExchange(options, connections));
  const router = new DuoRouterService(options, new ModelRegistry(), gateway);
  return {
    async read() {
      let count = 0;
      const { error } = await router.route(question, {
        onEvents: (events) => {
          count += events.length;
        },
      });
      if (error !== undefined) throw error as Error;
      return count;
    },
    close: () => connections.onApplicationShutdown(),
  };
}

/** The least that reading a stream can cost: no checks, no messages, no answer. */
export function floor(url: string): Contestant {
  const dispatcher = new Agent();
  const body = JSON.stringify({
    model: 'claude',
    stream: true,
    messages: [{ role: 'user', content: 'Tell me a story' }],
  });
  return {
    async read() {
      const headers = { 'content-type': 'application/json' };
      const response = await request(`${url}/v1/messages`, { dispatcher, method: 'POST', headers, body });
      return new Promise((resolve, reject) => {
        let count = 0;
        let rest = '';
        response.body.on('data', (chunk: Buffer) => {
          const frames = (rest + chunk.toString()).split('\n\n');
          rest = frames.pop() ?? '';
          for (const frame of frames) {
            const event = JSON.parse(frame.slice(frame.indexOf('data: ') + 6)) as { type: string };
            if (event.type === 'content_block_delta') count += 1;
          }
        });
        response.body.on('end', () => {
          resolve(count);
        });
        response.body.on('error', reject);
      });
    },
    close: () => dispatcher.destroy(),
  };
}
