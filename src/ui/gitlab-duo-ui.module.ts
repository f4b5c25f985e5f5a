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
import { ownerProviders } from '../http/owner-providers.js';
import { type OwnerResolver } from '../http/owner-resolver.interface.js';
import { RequestGuard } from '../http/request.guard.js';
import { RequestOwner } from '../http/request-owner.js';
import { RunResponder } from '../http/run-responder.js';
import { StreamTiming } from '../http/stream-timing.js';
import { raiseBodyLimit } from './body-limit.js';
import { UiController, type UiSettings } from './ui.controller.js';
import { DEFAULT_UI_VERSION, type UiVersion } from './ui-version.js';

const MIB = 1024 * 1024;
const DEFAULT_BODY_LIMIT = 32 * MIB;
const DEFAULT_COALESCE_MS = 16;

/** Options of `GitlabDuoUiModule.register()`. */
export interface GitlabDuoUiModuleOptions {
  /** The chat entity whose chats are served. */
  chat: ChatClass;
  /** Path of the routes, the `api` of the client's transport; `api/chat` by default. */
  path?: string;
  /** The major version of the clients' AI SDK, unless a request names another one; 6 by default. */
  uiVersion?: UiVersion;
  /** The largest body of a `POST`, in bytes; 32 MB by default, since clients send their whole history. */
  bodyLimit?: number;
  /** Chunks that come within so many milliseconds go out as one write; 16 by default, 0 for none. */
  coalesceMs?: number;
  /** The data source of the chats, if it is not the default one. */
  dataSource?: string;
  /** Guards that run before every route. */
  guards?: (Type<CanActivate> | CanActivate)[];
  /** Modules that the guards and the owner resolver need. */
  imports?: ModuleMetadata['imports'];
  /** An injectable class that names the owner of a request. Without it all callers share the chats without an owner. */
  owner?: Type<OwnerResolver>;
}

/** Raises the limit of the platform's body parser when the application is made. */
const BODY_LIMIT = Symbol('BODY_LIMIT');

/**
 * The routes that `useChat` of AI SDK 5, 6 and 7 calls, for one kind of chat.
 * @example
 * imports: [GitlabDuoUiModule.register({ chat: Chat, guards: [AuthGuard], owner: SessionOwner })]
 * @publicApi
 */
@Module({})
export class GitlabDuoUiModule {
  static register(options: GitlabDuoUiModuleOptions): DynamicModule {
    const { path = 'api/chat', bodyLimit = DEFAULT_BODY_LIMIT } = options;
    return {
      module: GitlabDuoUiModule,
      imports: [GitlabDuoModule.forFeature([options.chat], options.dataSource), ...(options.imports ?? [])],
      providers: [
        ...ownerProviders(options.owner),
        RunResponder,
        StreamTiming,
        {
          provide: BODY_LIMIT,
          useFactory: (host: HttpAdapterHost): void => {
            raiseBodyLimit(host, path, bodyLimit);
          },
          inject: [HttpAdapterHost],
        },
      ],
      controllers: [mounted(path, options)],
    };
  }
}

function mounted(path: string, options: GitlabDuoUiModuleOptions): Type {
  const settings: UiSettings = {
    version: options.uiVersion ?? DEFAULT_UI_VERSION,
    coalesceMs: options.coalesceMs ?? DEFAULT_COALESCE_MS,
  };
  @Controller(path)
  @UseGuards(...(options.guards ?? []), RequestGuard)
  class MountedUiController extends UiController {
    constructor(
      @InjectDuoChat(options.chat, options.dataSource) chats: DuoChatService,
      @Inject(RequestOwner) owners: RequestOwner,
      @Inject(RunResponder) responder: RunResponder,
    ) {
      super(chats, owners, responder, settings);
    }
  }
  return MountedUiController;
}
