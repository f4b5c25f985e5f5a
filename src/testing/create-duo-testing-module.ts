import { type DynamicModule, Module } from '@nestjs/common';
import { GatewayClient } from '../gateway/gateway-client.js';
import { GitlabDuoCoreModule } from '../gitlab-duo-core.module.js';
import { type OPTIONS_TYPE } from '../gitlab-duo.module-definition.js';
import { DelegateRegistry } from '../router/delegates.service.js';
import { DuoScript } from './duo-script.service.js';
import { ScriptedDelegates } from './scripted-delegates.service.js';
import { ScriptedGateway } from './scripted-gateway.service.js';
import { type ScriptedReply } from './scripted-reply.interface.js';

type GitlabOption =
  'apiKey' | 'credentials' | 'instanceUrl' | 'gatewayUrl' | 'gatewayPrefix' | 'timeouts' | 'dispatcher';

/**
 * The options of `GitlabDuoModule.forRoot()`, except those of GitLab and the connection to it.
 * @publicApi
 */
export interface DuoTestingOptions extends Omit<typeof OPTIONS_TYPE, GitlabOption> {
  /** One for each request to a model, retries included, in the order in which they are made; none by default. */
  replies?: readonly ScriptedReply[];
}

@Module({})
class DuoTestingModule {}

/**
 * Stands in for `GitlabDuoModule.forRoot()` in tests: a script replies instead of the models, without a token and
 * without any network. All else is as in production: runs, tools, retries, the ledger, chats in memory and persisted.
 * `module.get(DuoScript)` shows the requests and takes more replies.
 * @example
 * const module = await Test.createTestingModule({
 *   imports: [createDuoTestingModule({ replies: ['Hello', new RateLimitError('Too many requests.')] })],
 *   providers: [Greeter],
 * }).compile();
 * expect(await module.get(Greeter).greet('Ann')).toBe('Hello');
 * expect(module.get(DuoScript).requests).toHaveLength(1);
 * @publicApi
 */
export function createDuoTestingModule({ replies, ...options }: DuoTestingOptions = {}): DynamicModule {
  const core = GitlabDuoCoreModule.forRoot({
    ...options,
    credentials: () => '',
    instanceUrl: 'https://gitlab.invalid',
    gatewayUrl: 'https://gateway.invalid',
  });
  return {
    module: DuoTestingModule,
    imports: [
      {
        ...core,
        providers: [
          ...(core.providers ?? []),
          { provide: DuoScript, useFactory: () => new DuoScript(replies) },
          { provide: DelegateRegistry, useClass: ScriptedDelegates },
          { provide: GatewayClient, useClass: ScriptedGateway },
        ],
        exports: [...(core.exports ?? []), DuoScript],
      },
    ],
    exports: [GitlabDuoCoreModule],
  };
}
