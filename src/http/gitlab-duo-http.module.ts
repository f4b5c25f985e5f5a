import {
  type CanActivate,
  Controller,
  type DynamicModule,
  Inject,
  Module,
  type ModuleMetadata,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type ChatClass } from '../chats/chat-kind.js';
import { type DuoChatService } from '../chats/duo-chat.service.js';
import { InjectDuoChat } from '../chats/inject-duo-chat.decorator.js';
import { GitlabDuoModule } from '../gitlab-duo.module.js';
import { ChatsController } from './chats.controller.js';
import { NoOwnerResolver } from './no-owner.resolver.js';
import { type OwnerResolver } from './owner-resolver.interface.js';

/** Options of `GitlabDuoHttpModule.register()`. */
export interface GitlabDuoHttpModuleOptions {
  /** The chat entity whose chats are served. */
  chat: ChatClass;
  /** Where the routes are mounted; `chats` by default. */
  path?: string;
  /** The data source of the chats, where it is not the default one. */
  dataSource?: string;
  /** Run before every route. */
  guards?: (Type<CanActivate> | CanActivate)[];
  /** Modules that the guards and the owner resolver need. */
  imports?: ModuleMetadata['imports'];
  /** An injectable class that tells who asks; without it chats have no owner. */
  owner?: Type<OwnerResolver>;
}

/**
 * The HTTP API of one kind of chat.
 * @example
 * imports: [GitlabDuoHttpModule.register({ chat: Chat, guards: [AuthGuard], owner: SessionOwner })]
 * @publicApi
 */
@Module({})
export class GitlabDuoHttpModule {
  static register(options: GitlabDuoHttpModuleOptions): DynamicModule {
    const owner = options.owner ?? NoOwnerResolver;
    return {
      module: GitlabDuoHttpModule,
      imports: [GitlabDuoModule.forFeature([options.chat], options.dataSource), ...(options.imports ?? [])],
      providers: [owner],
      controllers: [controllerOf(options, owner)],
    };
  }
}

function controllerOf(options: GitlabDuoHttpModuleOptions, owner: Type<OwnerResolver>): Type<ChatsController> {
  @Controller(options.path ?? 'chats')
  @UseGuards(...(options.guards ?? []))
  class KindChatsController extends ChatsController {
    constructor(
      @InjectDuoChat(options.chat, options.dataSource) chats: DuoChatService,
      @Inject(owner) owners: OwnerResolver,
      @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
    ) {
      super(chats, owners, adapterHost);
    }
  }
  return KindChatsController;
}
