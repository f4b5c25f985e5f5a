import { type GitlabDuoModuleOptions } from '../../../src/config/gitlab-duo-options.interface.js';
import { resolveOptions } from '../../../src/config/resolve-options.js';
import { type GatewaySink } from '../../../src/gateway/gateway-call.interface.js';
import { GatewayClient } from '../../../src/gateway/gateway-client.js';
import { GatewayConnections } from '../../../src/gateway/gateway-connections.js';
import { type GatewayToken } from '../../../src/gateway/gateway-token.interface.js';
import { GatewayTokens } from '../../../src/gateway/gateway-tokens.js';
import { KnownSecrets } from '../../../src/gateway/secret-redactor.js';
import { TokenExchange } from '../../../src/gateway/token-exchange.js';
import { ModelRegistry } from '../../../src/models/model-registry.js';
import { DelegateRegistry } from '../../../src/router/delegates.service.js';
import { DuoRouterService } from '../../../src/router/duo-router.service.js';

export const PAT = 'glpat-abcdefghij1234567890';

/** Everything from the router down, for one upstream. */
export interface Client {
  /** Of a caller without an owner. */
  exchange: { get(signal?: AbortSignal): Promise<GatewayToken>; invalidate(token: GatewayToken): void };
  tokens: GatewayTokens;
  gateway: GatewayClient;
  router: DuoRouterService;
  close(): Promise<void>;
}

export function clientOf(url: string, more: GitlabDuoModuleOptions = {}, today?: () => string): Client {
  const options = resolveOptions({ apiKey: PAT, instanceUrl: url, gatewayUrl: url, ...more });
  const connections = new GatewayConnections(options);
  const secrets = new KnownSecrets();
  const tokens = new GatewayTokens(options, new TokenExchange(options, connections, secrets));
  const gateway = new GatewayClient(options, connections, tokens, secrets);
  const router = new DuoRouterService(
    options,
    new ModelRegistry(options.models, today),
    gateway,
    secrets,
    new DelegateRegistry(),
  );
  const exchange: Client['exchange'] = {
    get: (signal) => tokens.get({ ownerId: null }, signal),
    invalidate: (token) => {
      tokens.invalidate(token);
    },
  };
  const close = () => {
    router.onApplicationShutdown();
    tokens.onApplicationShutdown();
    return connections.onApplicationShutdown();
  };
  return { exchange, tokens, gateway, router, close };
}

/** Collects batches until one of them holds the event `end`. */
export class Collector implements GatewaySink {
  readonly batches: string[][] = [];
  mayCost = false;
  isDone = false;

  constructor(
    private readonly end = 'end',
    private readonly hold?: () => Promise<void> | undefined,
  ) {}

  get events(): string[] {
    return this.batches.flat();
  }

  push(batch: string[]): void | Promise<void> {
    this.batches.push(batch);
    if (batch.includes(this.end)) this.isDone = true;
    return this.hold?.();
  }
}

/** What a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('This should have failed.');
}
