import { Inject, Injectable } from '@nestjs/common';
import { type DataSource } from 'typeorm';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { ConfigurationError } from '../errors/request.errors.js';
import { ModelRegistry } from '../models/model-registry.js';
import { RunService } from '../runs/run.service.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { type ChatClass, type ChatKind } from './chat-kind.js';
import { DuoChatService } from './duo-chat.service.js';
import { KindStore } from './store/kind-store.js';
import { LeaseStores } from './store/lease-stores.service.js';

/** One service per kind and data source, however many modules name the kind. */
@Injectable()
export class ChatServices {
  private readonly services = new WeakMap<DataSource, Map<ChatClass, DuoChatService<ChatOf<unknown>>>>();

  constructor(
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
    private readonly models: ModelRegistry,
    private readonly runs: RunService,
    private readonly leases: LeaseStores,
  ) {}

  /** @throws ConfigurationError when the data source cannot hold the kind, UnknownModelError for its default model */
  of(kind: ChatKind, dataSource: DataSource): DuoChatService<ChatOf<unknown>> {
    const services = this.services.get(dataSource) ?? new Map<ChatClass, DuoChatService<ChatOf<unknown>>>();
    this.services.set(dataSource, services);
    const service = services.get(kind.chat) ?? this.create(kind, dataSource);
    services.set(kind.chat, service);
    return service;
  }

  private create(kind: ChatKind, dataSource: DataSource): DuoChatService<ChatOf<unknown>> {
    if (!dataSource.isInitialized) {
      throw new ConfigurationError(
        `Chats of ${kind.chat.name} need an initialized data source: leave manualInitialization off in TypeOrmModule.forRoot().`,
      );
    }
    const { models, runs } = this;
    const defaultModel = models.get(kind.model ?? this.options.model).id;
    const store = new KindStore(dataSource, kind, this.leases.of(dataSource), runs);
    return new DuoChatService({ kind, dataSource, store, runs, models, defaultModel });
  }
}
