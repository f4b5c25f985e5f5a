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
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { type DataSource } from 'typeorm';
import { DUO_ENTITIES } from '../chats/entities/duo-entities.js';
import { RequestLedger } from '../chats/store/request-ledger.js';
import { ownerProviders } from '../http/owner-providers.js';
import { type OwnerResolver } from '../http/owner-resolver.interface.js';
import { RequestGuard } from '../http/request.guard.js';
import { RequestOwner } from '../http/request-owner.js';
import { StreamTiming } from '../http/stream-timing.js';
import { ModelRegistry } from '../models/model-registry.js';
import { CompletionResponder } from './completion-responder.js';
import { CompletionsService } from './completions.service.js';
import { OpenAiController } from './openai.controller.js';

/** Options of `GitlabDuoOpenAiModule.register()`. */
export interface GitlabDuoOpenAiModuleOptions {
  /** Path of the routes; `v1` by default. */
  path?: string;
  /** The data source of the ledger, if it is not the default one. */
  dataSource?: string;
  /** Guards that run before every route. */
  guards?: (Type<CanActivate> | CanActivate)[];
  /** Modules that the guards and the owner resolver need. */
  imports?: ModuleMetadata['imports'];
  /** An injectable class that names the owner of a request, who has its cost in the ledger. Without it the cost has no owner. */
  owner?: Type<OwnerResolver>;
}

/**
 * OpenAI's Chat Completions for clients that people already have: `POST /v1/chat/completions`, `GET /v1/models` and
 * `GET /v1/models/:id`, with every model of the catalogue. Nothing of a request is stored, except its cost in the ledger.
 * The platform's body parser has to take the files of a request: see `MESSAGE_BODY_LIMIT` of `nestjs-gitlab-duo/http`.
 * @example
 * imports: [GitlabDuoOpenAiModule.register({ guards: [AuthGuard], owner: SessionOwner })]
 * @publicApi
 */
@Module({})
export class GitlabDuoOpenAiModule {
  static register(options: GitlabDuoOpenAiModuleOptions = {}): DynamicModule {
    const { path = 'v1', dataSource, imports = [] } = options;
    return {
      module: GitlabDuoOpenAiModule,
      imports: [TypeOrmModule.forFeature(DUO_ENTITIES, dataSource), ...imports],
      providers: [
        ...ownerProviders(options.owner),
        {
          provide: RequestLedger,
          useFactory: (source: DataSource) => new RequestLedger(source),
          inject: [getDataSourceToken(dataSource)],
        },
        StreamTiming,
        CompletionsService,
        CompletionResponder,
      ],
      controllers: [mounted(path, options)],
    };
  }
}

function mounted(path: string, { guards = [] }: GitlabDuoOpenAiModuleOptions): Type {
  @Controller(path)
  @UseGuards(...guards, RequestGuard)
  class MountedController extends OpenAiController {
    constructor(
      @Inject(ModelRegistry) models: ModelRegistry,
      @Inject(RequestOwner) owners: RequestOwner,
      @Inject(CompletionResponder) responder: CompletionResponder,
      @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
    ) {
      super(models, owners, responder, adapterHost);
    }
  }
  return MountedController;
}
