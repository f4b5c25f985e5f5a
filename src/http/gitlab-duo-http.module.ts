import {
  type CanActivate,
  Controller,
  type DynamicModule,
  Inject,
  Module,
  type ModuleMetadata,
  type OnModuleInit,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type ChatClass } from '../chats/chat-kind.js';
import { type DuoChatService } from '../chats/duo-chat.service.js';
import { InjectDuoChat } from '../chats/inject-duo-chat.decorator.js';
import { GitlabDuoModule } from '../gitlab-duo.module.js';
import { ChatsController } from './chats.controller.js';
import { MessagesController } from './messages.controller.js';
import { mustHaveOwnPaths } from './unique-paths.js';
import { ownerProviders } from './owner-providers.js';
import { type OwnerResolver } from './owner-resolver.interface.js';
import { RequestGuard } from './request.guard.js';
import { RequestOwner } from './request-owner.js';
import { RunResponder } from './run-responder.js';
import { RunsController } from './runs.controller.js';
import { StreamTiming } from './stream-timing.js';

/** Options of `GitlabDuoHttpModule.register()`. */
export interface GitlabDuoHttpModuleOptions {
  /** The chat entity whose chats are served. */
  chat: ChatClass;
  /** Path of the routes; `chats` by default. */
  path?: string;
  /** The data source of the chats, if it is not the default one. */
  dataSource?: string;
  /** Guards that run before every route. */
  guards?: (Type<CanActivate> | CanActivate)[];
  /** Modules that the guards and the owner resolver need. */
  imports?: ModuleMetadata['imports'];
  /** An injectable class that names the owner of a request. Without it all callers share the chats without an owner. */
  owner?: Type<OwnerResolver>;
}

/**
 * The HTTP API of one kind of chat. Bodies may have 1 MB of text, and files of 10 MB each and 30 MB together. The
 * platform's own body parser may refuse less: raise its limit for the files.
 * @example
 * app.useBodyParser('json', { limit: MESSAGE_BODY_LIMIT }); // Express
 * new FastifyAdapter({ bodyLimit: MESSAGE_BODY_LIMIT });
 * @example
 * imports: [GitlabDuoHttpModule.register({ chat: Chat, guards: [AuthGuard], owner: SessionOwner })]
 * @publicApi
 */
@Module({})
export class GitlabDuoHttpModule implements OnModuleInit {
  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  onModuleInit(): void {
    mustHaveOwnPaths(this.modules);
  }

  static register(options: GitlabDuoHttpModuleOptions): DynamicModule {
    const { path = 'chats' } = options;
    return {
      module: GitlabDuoHttpModule,
      imports: [GitlabDuoModule.forFeature([options.chat], options.dataSource), ...(options.imports ?? [])],
      providers: [...ownerProviders(options.owner), RunResponder, StreamTiming],
      controllers: [
        mounted(ChatsController, path, options),
        mounted(MessagesController, `${path}/:id`, options),
        mounted(RunsController, `${path}/:id`, options),
      ],
    };
  }
}

type KindController = abstract new (chats: DuoChatService, owners: RequestOwner, responder: RunResponder) => object;

function mounted(base: KindController, path: string, options: GitlabDuoHttpModuleOptions): Type {
  @Controller(path)
  @UseGuards(...(options.guards ?? []), RequestGuard)
  class MountedController extends base {
    constructor(
      @InjectDuoChat(options.chat, options.dataSource) chats: DuoChatService,
      @Inject(RequestOwner) owners: RequestOwner,
      @Inject(RunResponder) responder: RunResponder,
    ) {
      super(chats, owners, responder);
    }
  }
  return MountedController;
}
