import {
  type DataSource,
  type EntityManager,
  type FindOptionsWhere,
  IsNull,
  LessThan,
  MoreThan,
  type Repository,
} from 'typeorm';
import { v7 as uuidv7, validate as isUuid } from 'uuid';
import { ChatNotFoundError } from '../errors/chat.errors.js';
import { ValidationError } from '../errors/request.errors.js';
import { type NewMessage, type OnChunk } from '../conversation/ask-options.interface.js';
import { answerOf, askingRun, contentParts, eventsOf } from '../conversation/asking.js';
import { type ChatDriver, bindChat } from '../conversation/chat-driver.js';
import { storable, storableJson } from '../messages/text.js';
import { type ModelRegistry } from '../models/model-registry.js';
import { type LiveRun } from '../runs/live-run.js';
import { type RunEvent } from '../runs/run-event.interface.js';
import { type RunService } from '../runs/run.service.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { type ChatKind } from './chat-kind.js';
import { ChatSubscriber } from './chat-subscriber.js';
import {
  type AskByIdOptions,
  type ChatChanges,
  type CompleteByIdOptions,
  type CreateChat,
  type MessagePageOptions,
  type OwnerOption,
  type Page,
  type PageOptions,
} from './duo-chat-service.interface.js';
import { type DuoMessage } from './entities/duo-message.entity.js';
import { CHAT_PAGE, MESSAGE_PAGE, page, pageLimit } from './page.js';
import { type ChatHandle, persistedChatDriver } from './persisted-chat-driver.js';
import { onDatabase } from './store/database-error.js';
import { type KindStore } from './store/kind-store.js';

/** The message entity of a kind of chat. */
export type MessageOfChat<C> = C extends ChatOf<infer M> ? M : never;

/** What a service is made of. */
export interface DuoChatServiceParts<C extends ChatOf<unknown>> {
  kind: ChatKind<C>;
  dataSource: DataSource;
  store: KindStore;
  runs: RunService;
  models: ModelRegistry;
  defaultModel: string;
}

/**
 * The chats of one kind. Every call by id takes the owner who asks, and a chat of another owner does not exist for it.
 * @publicApi
 */
export class DuoChatService<C extends ChatOf<unknown> = ChatOf<DuoMessage>> {
  private readonly chats: Repository<C>;
  private readonly messageRows: Repository<DuoMessage>;
  private readonly driver: ChatDriver<ChatHandle, MessageOfChat<C>>;

  constructor(private readonly parts: DuoChatServiceParts<C>) {
    const { dataSource, kind } = parts;
    this.chats = dataSource.getRepository(kind.chat);
    this.messageRows = dataSource.getRepository(kind.message);
    this.driver = persistedChatDriver(kind, parts.store, parts.runs);
    dataSource.subscribers.push(
      new ChatSubscriber(kind.chat, parts.defaultModel, (chat) => {
        bindChat(chat, this.driver);
      }),
    );
  }

  /**
   * Creates a chat.
   * @throws UnknownModelError, ValidationError
   */
  async create(options: CreateChat<C> = {}): Promise<C> {
    const model = options.model ?? this.parts.defaultModel;
    this.parts.models.get(model);
    const columns: Partial<ChatOf<unknown>> = {
      id: uuidv7(),
      ownerId: options.ownerId ?? null,
      title: options.title == null ? null : storable(options.title),
      model,
      params: storableJson(options.params ?? {}),
      metadata: storableJson(options.metadata ?? {}),
      agent: null,
    };
    const chat = Object.assign(options.entity ? this.chats.create(options.entity) : this.chats.create(), columns);
    await this.parts.store.transaction(chat.id, async (manager) => {
      await manager.save(chat);
      if (options.instructions !== undefined) await this.addInstructions(chat, options.instructions, manager);
    });
    return chat;
  }

  /** @throws ChatNotFoundError */
  async find(id: string, owner: OwnerOption = {}): Promise<C> {
    const chat = isUuid(id) ? await onDatabase(() => this.chats.findOneBy(this.where(owner, { id }))) : null;
    if (chat === null) throw new ChatNotFoundError(id);
    return chat;
  }

  /** The owner's chats, newest first. */
  async list(options: OwnerOption & PageOptions = {}): Promise<Page<C>> {
    if (options.cursor !== undefined && !isUuid(options.cursor)) {
      throw new ValidationError('cursor is not one that a list has returned: pass its nextCursor unchanged.');
    }
    const limit = pageLimit(options.limit, CHAT_PAGE);
    const where = this.where(options, options.cursor === undefined ? {} : { id: LessThan(options.cursor) });
    const newestFirst = { id: 'DESC' } as object;
    const chats = await onDatabase(() => this.chats.find({ where, order: newestFirst, take: limit + 1 }));
    return page(chats, limit, (chat) => chat.id);
  }

  /**
   * Changes a chat.
   * @throws ChatNotFoundError, UnknownModelError, ValidationError
   */
  async update(id: string, changes: ChatChanges, owner: OwnerOption = {}): Promise<C> {
    if (changes.model !== undefined) this.parts.models.get(changes.model);
    const { instructions, ...columns } = changes;
    const given = Object.fromEntries(
      Object.entries<unknown>(storableJson(columns)).filter(([, value]) => value !== undefined),
    );
    const chat = await this.find(id, owner);
    await this.parts.store.transaction(id, async (manager) => {
      if (Object.keys(given).length > 0) await manager.save(Object.assign(chat, given));
      if (instructions !== undefined) await this.addInstructions(chat, instructions, manager);
    });
    return chat;
  }

  /**
   * Deletes a chat with its messages and stops its run; what it cost stays in the ledger.
   * @throws ChatNotFoundError
   */
  async delete(id: string, owner: OwnerOption = {}): Promise<void> {
    if (!isUuid(id)) throw new ChatNotFoundError(id);
    await this.parts.store.delete(id, owner.ownerId ?? null);
    this.parts.runs.stopRunsOf(id);
  }

  /**
   * The chat's messages in order, those that were replaced included.
   * @throws ChatNotFoundError
   */
  async messages(id: string, options: OwnerOption & MessagePageOptions = {}): Promise<Page<DuoMessage>> {
    await this.find(id, options);
    const limit = pageLimit(options.limit, MESSAGE_PAGE);
    const where = { chatId: id, seq: MoreThan(options.after ?? -1) };
    const messages = await onDatabase(
      () => this.messageRows.find({ where, order: { seq: 'ASC' }, take: limit + 1 }),
      id,
    );
    return page(messages, limit, (message) => String(message.seq));
  }

  /**
   * Asks the model and waits for the answer; see `Chat.ask`.
   * @throws ChatNotFoundError, ChatBusyError, and what the upstream fails with
   */
  async ask(id: string, content: string, options: AskByIdOptions = {}, onChunk?: OnChunk): Promise<MessageOfChat<C>> {
    const chat = this.bound(id, options);
    return answerOf<ChatHandle, MessageOfChat<C>>(chat, await askingRun(chat, content, options), options, onChunk);
  }

  /** Asks the model and yields the run's events; see `Chat.stream`. */
  async *stream(id: string, content: string, options: AskByIdOptions = {}): AsyncGenerator<RunEvent, void, undefined> {
    yield* eventsOf(await this.start(id, content, options));
  }

  /** Answers the last user message again; see `Chat.complete`. */
  async complete(id: string, options: CompleteByIdOptions = {}, onChunk?: OnChunk): Promise<MessageOfChat<C>> {
    const chat = this.bound(id, options);
    return answerOf<ChatHandle, MessageOfChat<C>>(chat, await askingRun(chat, null, options), options, onChunk);
  }

  /** Adds a message without asking the model. */
  async addMessage(id: string, message: NewMessage, owner: OwnerOption = {}): Promise<MessageOfChat<C>> {
    const chat = this.bound(id, owner);
    return this.driver.addMessage(chat, message);
  }

  /**
   * Begins a run and hands it over as it works; `null` content answers the last user message again.
   * @throws ChatNotFoundError, ChatBusyError, ChatLockedError, UnknownModelError, ValidationError
   */
  async start(id: string, content: string | null, options: AskByIdOptions = {}): Promise<LiveRun> {
    return askingRun(this.bound(id, options), content, options);
  }

  private async addInstructions(chat: C, instructions: string, manager: EntityManager): Promise<void> {
    const parts = contentParts({ role: 'system', content: instructions });
    await this.parts.store.addMessage({ chatId: chat.id, ownerId: chat.ownerId, role: 'system', parts }, manager);
  }

  private bound(id: string, owner: OwnerOption): ChatHandle {
    if (!isUuid(id)) throw new ChatNotFoundError(id);
    const chat = { id, ownerId: owner.ownerId ?? null };
    bindChat(chat, this.driver);
    return chat;
  }

  private where(owner: OwnerOption, more: object): FindOptionsWhere<C> {
    return { ownerId: owner.ownerId ?? IsNull(), ...more } as FindOptionsWhere<C>;
  }
}
