import { Module } from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { AgentRegistry } from './agents/agent-registry.js';
import { ChatAgents } from './chats/chat-agents.js';
import { ChatServices } from './chats/chat-services.js';
import { checkInjections } from './chats/injection-check.js';
import { checkDatabaseUrls } from './chats/wiring-errors.js';
import { DefaultKindCheck } from './chats/default-kind-check.js';
import { HistoryCache } from './chats/store/history-cache.service.js';
import { InstanceStores } from './chats/store/instance-stores.service.js';
import { resolveOptions } from './config/resolve-options.js';
import { type GitlabDuoModuleOptions, type ResolvedOptions } from './config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from './config/tokens.js';
import { DuoService } from './conversation/duo.service.js';
import { AgentExplorer } from './discovery/agent.explorer.js';
import { ToolExplorer } from './discovery/tool.explorer.js';
import { GatewayClient } from './gateway/gateway-client.js';
import { GatewayConnections } from './gateway/gateway-connections.js';
import { GatewayTokens } from './gateway/gateway-tokens.js';
import { TokenExchange } from './gateway/token-exchange.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './gitlab-duo.module-definition.js';
import { KnownSecrets } from './gateway/secret-redactor.js';
import { ModelRegistry } from './models/model-registry.js';
import { registryFor } from './models/registry-for.js';
import { DelegateRegistry } from './router/delegates.service.js';
import { DuoRouterService } from './router/duo-router.service.js';
import { FailedRuns } from './runs/failed-runs.js';
import { HeldRuns } from './runs/held-runs.js';
import { InstanceLeases } from './runs/instance-leases.service.js';
import { LiveRequests } from './runs/live-requests.js';
import { OpenWork } from './runs/open-work.js';
import { RunBeginner } from './runs/run-beginner.js';
import { RunCanceller } from './runs/run-canceller.js';
import { RunFollowers } from './runs/run-followers.service.js';
import { RunLauncher } from './runs/run-launcher.js';
import { RunLogs } from './runs/run-logs.service.js';
import { RunQueue } from './runs/run-queue.js';
import { RunService } from './runs/run.service.js';
import { RunStarter } from './runs/run-starter.js';
import { RunSweeper } from './runs/run-sweeper.service.js';
import { RunTakeover } from './runs/run-takeover.js';
import { RunTools } from './runs/run-tools.service.js';
import { RunWorker } from './runs/run-worker.js';
import { ToolRegistry } from './tools/tool-registry.js';
import { TurnService } from './turn/turn.service.js';

const INJECTION_CHECK = Symbol('injection check');
const DATABASE_URL_CHECK = Symbol('database url check');

/** Everything of which an application has one; `GitlabDuoModule` is the door to it. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: INJECTION_CHECK, useFactory: checkInjections, inject: [ModulesContainer] },
    { provide: DATABASE_URL_CHECK, useFactory: checkDatabaseUrls, inject: [ModulesContainer] },
    {
      provide: GITLAB_DUO_OPTIONS,
      useFactory: (options: GitlabDuoModuleOptions) => resolveOptions(options),
      inject: [MODULE_OPTIONS_TOKEN],
    },
    {
      provide: ModelRegistry,
      useFactory: (options: ResolvedOptions) => registryFor(options),
      inject: [GITLAB_DUO_OPTIONS],
    },
    KnownSecrets,
    GatewayConnections,
    TokenExchange,
    GatewayTokens,
    GatewayClient,
    DelegateRegistry,
    DuoRouterService,
    ToolRegistry,
    ToolExplorer,
    TurnService,
    FailedRuns,
    RunFollowers,
    RunLogs,
    RunTools,
    RunWorker,
    InstanceLeases,
    OpenWork,
    HeldRuns,
    LiveRequests,
    RunLauncher,
    RunBeginner,
    RunQueue,
    RunCanceller,
    RunStarter,
    RunTakeover,
    RunService,
    RunSweeper,
    InstanceStores,
    HistoryCache,
    AgentRegistry,
    { provide: ChatAgents, useExisting: AgentRegistry },
    ChatServices,
    DefaultKindCheck,
    DuoService,
    AgentExplorer,
  ],
  exports: [
    GITLAB_DUO_OPTIONS,
    FailedRuns,
    KnownSecrets,
    ModelRegistry,
    DuoRouterService,
    RunService,
    LiveRequests,
    ChatServices,
    DuoService,
  ],
})
export class GitlabDuoCoreModule extends ConfigurableModuleClass {}
