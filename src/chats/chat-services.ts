import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type DataSource } from 'typeorm';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { ConfigurationError } from '../errors/request.errors.js';
import { ModelRegistry } from '../models/model-registry.js';
import { type RunContext } from '../runs/run-kinds.js';
import { RunSweeper } from '../runs/run-sweeper.service.js';
import { RunService } from '../runs/run.service.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { ChatAgents } from './chat-agents.js';
import { type ChatClass, type ChatKind, type ResolvedKind } from './chat-kind.js';
import { DuoChatService } from './duo-chat.service.js';
import { runDefaults } from './persisted-chat-backend.js';
import { HistoryCache } from './store/history-cache.service.js';
import { InstanceStores } from './store/instance-stores.service.js';
import { KindStore } from './store/kind-store.js';
import { checkTables } from './store/table-check.js';

/** A kind of chat in a data source, with its service. */
export interface ServedKind {
  kind: ResolvedKind;
  dataSource: DataSource;
  store: KindStore;
  service: DuoChatService<ChatOf<unknown>>;
}

/** One service per kind and data source, however many modules name the kind. */
@Injectable()
export class ChatServices implements OnApplicationBootstrap {
  /** The kinds that have a service so far. */
  readonly served: ServedKind[] = [];
  private hasStarted = false;

  constructor(
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
    private readonly models: ModelRegistry,
    private readonly runs: RunService,
    private readonly instances: InstanceStores,
    private readonly histories: HistoryCache,
    private readonly agents: ChatAgents,
    private readonly sweeper: RunSweeper,
  ) {}

  /** The kinds whose service a plain `DuoChatService` may be, or the given kind, once for each data source. */
  candidates(chat?: ChatClass): ServedKind[] {
    if (chat !== undefined) return this.served.filter(({ kind }) => kind.chat === chat);
    return this.served.length === 1 ? this.served : this.served.filter(({ kind }) => kind.isDefault);
  }

  /** @throws ConfigurationError when a tool of a kind is not registered in this application, or a table is missing */
  async onApplicationBootstrap(): Promise<void> {
    for (const { kind, dataSource } of this.served) {
      if (kind.tools) this.runs.toolNames(kind.tools());
      await checkTables(dataSource, kind);
    }
    this.hasStarted = true;
    for (const served of this.served) this.sweep(served);
  }

  /** @throws ConfigurationError when the data source cannot hold the kind, UnknownModelError for its default model */
  of(kind: ChatKind, dataSource: DataSource): DuoChatService<ChatOf<unknown>> {
    const neighbours = this.served.filter((served) => served.dataSource === dataSource);
    const known = neighbours.find((served) => served.kind.chat === kind.chat);
    if (known !== undefined) return known.service;
    const served = this.create(kind, dataSource);
    for (const neighbour of neighbours) mustDiffer(served, neighbour);
    this.served.push(served);
    if (this.hasStarted) this.sweep(served);
    return served.service;
  }

  private create(given: ChatKind, dataSource: DataSource): ServedKind {
    const { models, runs, agents, options } = this;
    const kind: ResolvedKind = {
      ...given,
      recovery: given.recovery ?? options.recovery,
      whenBusy: given.whenBusy ?? options.whenBusy,
    };
    const defaultModel = models.get(kind.model ?? options.model).id;
    const store = new KindStore(dataSource, kind, this.instances.of(dataSource), runs, this.histories.ofKind());
    const service = new DuoChatService({ kind, dataSource, store, runs, models, agents, defaultModel });
    return { kind, dataSource, store, service };
  }

  /** Lets this process continue the kind's runs that have lost their instance, or wait for their turn. */
  private sweep({ kind, dataSource, store, service }: ServedKind): void {
    const { runs, agents } = this;
    const persisted = { kind, store, runs, agents, chats: dataSource.getRepository(kind.chat) };
    const defaults: RunContext['defaults'] = (begun, signal) => runDefaults(persisted, begun, signal);
    this.sweeper.serve(this.instances.of(dataSource), {
      name: store.name,
      recovery: kind.recovery,
      context: (chatId, ownerId) => ({
        store: store.runsOf(chatId, ownerId),
        chat: service.ref(chatId, { ownerId }),
        defaults,
      }),
    });
  }
}

function mustDiffer({ kind, store }: ServedKind, other: ServedKind): void {
  const both = `${other.kind.chat.name} and ${kind.chat.name}`;
  const table = store.ownTables.find((name) => other.store.ownTables.includes(name));
  if (table !== undefined) {
    throw new ConfigurationError(
      `The kinds of chat ${both} share the table ${table}. Give each its own chat and message entities, with tables of their own.`,
    );
  }
  if (store.name === other.store.name) {
    throw new ConfigurationError(
      `The kinds of chat ${both} have one name, "${store.name}". Set another one by ActsAsChat({ kind: '…' }) on one of them.`,
    );
  }
}
