import { Module } from '@nestjs/common';
import { ChatServices } from './chats/chat-services.js';
import { LeaseStores } from './chats/store/lease-stores.service.js';
import { resolveOptions } from './config/resolve-options.js';
import { type GitlabDuoModuleOptions } from './config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from './config/tokens.js';
import { DuoService } from './conversation/duo.service.js';
import { GatewayClient } from './gateway/gateway-client.js';
import { GatewayConnections } from './gateway/gateway-connections.js';
import { GatewayTokens } from './gateway/gateway-tokens.js';
import { TokenExchange } from './gateway/token-exchange.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './gitlab-duo.module-definition.js';
import { KnownSecrets } from './gateway/known-secrets.js';
import { ModelRegistry } from './models/model-registry.js';
import { DuoRouterService } from './router/duo-router.service.js';
import { InstanceLeases } from './runs/instance-leases.service.js';
import { RunService } from './runs/run.service.js';
import { RunWorker } from './runs/run-worker.js';
import { TurnService } from './turn/turn.service.js';

/** Everything of which an application has one; `GitlabDuoModule` is the door to it. */
@Module({
  providers: [
    {
      provide: GITLAB_DUO_OPTIONS,
      useFactory: (options: GitlabDuoModuleOptions) => resolveOptions(options),
      inject: [MODULE_OPTIONS_TOKEN],
    },
    ModelRegistry,
    KnownSecrets,
    GatewayConnections,
    TokenExchange,
    GatewayTokens,
    GatewayClient,
    DuoRouterService,
    TurnService,
    RunWorker,
    InstanceLeases,
    RunService,
    LeaseStores,
    ChatServices,
    DuoService,
  ],
  exports: [GITLAB_DUO_OPTIONS, ModelRegistry, DuoRouterService, ChatServices, DuoService],
})
export class GitlabDuoCoreModule extends ConfigurableModuleClass {}
