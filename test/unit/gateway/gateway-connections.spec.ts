import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resolveOptions } from '../../../src/config/resolve-options.js';
import { GITLAB_DUO_OPTIONS } from '../../../src/config/tokens.js';
import { ServerBusyError } from '../../../src/errors/request.errors.js';
import { GatewayClient } from '../../../src/gateway/gateway-client.js';
import { GatewayConnections } from '../../../src/gateway/gateway-connections.js';
import { GatewayTokens } from '../../../src/gateway/gateway-tokens.js';
import { KnownSecrets } from '../../../src/gateway/secret-redactor.js';
import { TokenExchange } from '../../../src/gateway/token-exchange.js';
import { type Client, clientOf, Collector, failure } from './client.js';
import { closed, silence, sse, startUpstream, type Upstream } from './upstream.js';

let upstream: Upstream;
let client: Client;

beforeEach(async () => {
  upstream = await startUpstream();
});

afterEach(async () => {
  await client.close();
  await upstream.close();
});

const call = () => ({ path: '/anthropic/v1/messages', headers: {}, body: '{}', sink: new Collector() });

describe('GatewayConnections', () => {
  it('closes every socket at shutdown, including those in use', async () => {
    client = clientOf(upstream.url);
    upstream.onGateway(silence);
    const sent = failure(client.gateway.stream(call()));
    const received = await upstream.arrival('gateway');
    await client.close();
    expect(await sent).toBeInstanceOf(ServerBusyError);
    await closed(received);
    await closed(upstream.exchange());
  });

  it('closes with its application', async () => {
    const options = resolveOptions({ apiKey: 'token', instanceUrl: upstream.url, gatewayUrl: upstream.url });
    const providers = [
      GatewayConnections,
      KnownSecrets,
      TokenExchange,
      GatewayTokens,
      GatewayClient,
      { provide: GITLAB_DUO_OPTIONS, useValue: options },
    ];
    const application = await Test.createTestingModule({ providers }).compile();
    upstream.onGateway(sse('data: end\n\n'));
    await application.get(GatewayClient).stream(call());
    await application.close();
    await closed(upstream.request());
    expect(await failure(application.get(GatewayClient).stream(call()))).toBeInstanceOf(ServerBusyError);
  });
});
