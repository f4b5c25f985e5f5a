import {
  type DataSource,
  type FindManyOptions,
  type FindOptionsWhere,
  IsNull,
  LessThan,
  MoreThan,
  type Repository,
} from 'typeorm';
import { validate as isUuid } from 'uuid';
import { ChatNotFoundError } from '../errors/chat.errors.js';
import { RunNotFoundError } from '../errors/run.errors.js';
import { ValidationError } from '../errors/request.errors.js';
import { type ChatBackend, bindChat } from '../conversation/chat-backend.js';
import { LIST_PAGE, page, pageLimit } from '../conversation/page.js';
import { setParked } from '../conversation/parked-chats.js';
import { mergeParams } from '../messages/merge-params.js';
import { checkParamChanges } from '../messages/params.js';
import { sanitizeJson } from '../messages/text.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type UsageReport } from '../messages/usage-report.js';
import { type RunService } from '../runs/run.service.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { checkChanges, externalIdOf, ownerOf } from './chat-arguments.js';
import { addInstructions, ChatFactory, type ChatFactoryParts } from './chat-factory.js';
import { ChatRef } from './chat-ref.js';
import { ChatSubscriber } from './chat-subscriber.js';
import {
  type ChatChanges,
  type CreateChat,
  type MessageOfChat,
  type MessagePageOptions,
  type OwnerOption,
  type Page,
  type PageOptions,
  type Period,
} from './duo-chat-service.interface.js';
import { type DuoMessage } from './entities/duo-message.entity.js';
import { DuoRun } from './entities/duo-run.entity.js';
import { subscribe } from './lasting-subscriber.js';
import { MESSAGE_PAGE, pageStart } from './page.js';
import { type ChatKey, persistedChatBackend } from './persisted-chat-backend.js';
import { onDatabase } from './store/database-error.js';
import { type ToolCallState } from './store/tool-call-states.js';
import { violatedUnique } from './store/database-failure.js';

/** The alias of chats in queries, and the column that is read with them. */
const ALIAS = 'duo_chat';
const IS_PARKED = 'duo_is_parked';

/** The dependencies of a service. */
export interface DuoChatServiceParts<C extends ChatOf<unknown>> extends ChatFactoryParts<C> {
  dataSource: DataSource;
  runs: RunService;
}

/**
 * The chats of one kind. Every call by id takes the owner who asks, and a chat of another owner does not exist for it.
 * @publicApi
 */
export class DuoChatService<C extends ChatOf<unknown> = ChatOf<DuoMessage>> {
  private readonly chats: Repository<C>;
  private readonly messageRows: Repository<DuoMessage>;
  private readonly runRows: Repository<DuoRun>;
  private readonly factory: ChatFactory<C>;
  private readonly backend: ChatBackend<ChatKey, MessageOfChat<C>>;

  constructor(private readonly parts: DuoChatServiceParts<C>) {
    const { dataSource, kind } = parts;
    this.chats = dataSource.getRepository(kind.chat);
    this.messageRows = dataSource.getRepository(kind.message);
    this.runRows = dataSource.getRepository(DuoRun);
    this.factory = new ChatFactory(parts, this.chats);
    this.backend = persistedChatBackend({ ...parts, chats: this.chats });
    subscribe(
      dataSource,
      new ChatSubscriber(kind.chat, parts.defaultModel, (chat) => {
        bindChat(chat, this.backend);
      }),
    );
  }

  /**
   * Creates a chat, or finds the owner's chat with the same `externalId`.
   * @throws UnknownModelError, ValidationError
   */
  async create(options: CreateChat<C> = {}): Promise<C> {
    return (await this.findOrCreate(options)).chat;
  }

  /**
   * Does what `create()` does, and says whether the chat is new.
   * @throws UnknownModelError, ValidationError
   */
  async findOrCreate(options: CreateChat<C> = {}): Promise<{ chat: C; isNew: boolean }> {
    checkChanges(options);
    const externalId = externalIdOf(options.externalId);
    const known = externalId === null ? undefined : await this.findExternal(externalId, options);
    if (known) return { chat: known, isNew: false };
    try {
      const chat = await this.factory.create(options);
      setParked(chat, false);
      return { chat, isNew: true };
    } catch (error) {
      if (externalId === null || violatedUnique(error) === undefined) throw error;
      const chat = await this.findExternal(externalId, options);
      if (chat) return { chat, isNew: false };
      const isDeleted = await this.chats.exists({ where: this.where(options, { externalId }), withDeleted: true });
      throw isDeleted ? heldByDeletedChat(externalId) : error;
    }
  }

  /** @throws ChatNotFoundError */
  async find(id: string, owner: OwnerOption = {}): Promise<C> {
    const where = this.where(owner, { id });
    const [chat] = isUuid(id) ? await this.load({ where, take: 1 }) : [];
    if (chat === undefined) throw new ChatNotFoundError(id);
    return chat;
  }

  /** The owner's chat with an `externalId`. */
  async findExternal(externalId: string, owner: OwnerOption): Promise<C | undefined> {
    const [chat] = await this.load({ where: this.where(owner, { externalId }), take: 1 });
    return chat;
  }

  /** The owner's chats, newest first. */
  async list(options: OwnerOption & PageOptions = {}): Promise<Page<C>> {
    if (options.cursor !== undefined && !isUuid(options.cursor)) {
      throw new ValidationError('cursor is not one that a list has returned: pass its nextCursor unchanged.');
    }
    const limit = pageLimit(options.limit, LIST_PAGE);
    const where = this.where(options, options.cursor === undefined ? {} : { id: LessThan(options.cursor) });
    const newestFirst = { id: 'DESC' } as object;
    const chats = await this.load({ where, order: newestFirst, take: limit + 1 });
    return page(chats, limit, (chat) => chat.id);
  }

  /**
   * Changes a chat.
   * @throws ChatNotFoundError, UnknownModelError, ValidationError
   */
  async update(id: string, changes: ChatChanges, owner: OwnerOption = {}): Promise<C> {
    checkChanges(changes);
    // Only the fields that may change: a host may pass its client's body on unchecked.
    const { instructions, params, title, model, metadata } = changes;
    if (model !== undefined) this.parts.models.get(model);
    const given = (before: ModelParams): object => {
      const made = typeof params === 'function' ? params(before) : params;
      if (made !== undefined) checkParamChanges(made);
      const changed = { title, model, metadata, params: made && mergeParams(made) };
      return Object.fromEntries(Object.entries(sanitizeJson(changed)).filter(([, value]) => value !== undefined));
    };
    if (!isUuid(id)) throw new ChatNotFoundError(id);
    return this.parts.store.change(id, ownerOf(owner), async (manager) => {
      const chat = await manager.findOneByOrFail(this.parts.kind.chat, this.where(owner, { id }));
      const changed = given(chat.params);
      if (Object.keys(changed).length > 0) await manager.save(Object.assign(chat, changed));
      if (instructions !== undefined) await addInstructions(this.parts.store, chat, instructions, manager);
      return chat;
    });
  }

  /**
   * Deletes a chat with its messages and stops its run; what it cost stays in the ledger.
   * @throws ChatNotFoundError
   */
  async delete(id: string, owner: OwnerOption = {}): Promise<void> {
    if (!isUuid(id)) throw new ChatNotFoundError(id);
    await this.parts.store.delete(id, ownerOf(owner));
    this.parts.runs.stopRunsOf(id);
  }

  /**
   * The chat's messages in order; superseded ones with `include: 'superseded'`.
   * @throws ChatNotFoundError
   */
  async messages(id: string, options: OwnerOption & MessagePageOptions = {}): Promise<Page<MessageOfChat<C>>> {
    await this.find(id, options);
    const limit = pageLimit(options.limit, MESSAGE_PAGE);
    const live = options.include === 'superseded' ? {} : { supersededAt: IsNull(), supersededBy: IsNull() };
    const where = { chatId: id, seq: MoreThan(pageStart(options.after)), ...live };
    const messages = await onDatabase(
      () => this.messageRows.find({ where, order: { seq: 'ASC' }, take: limit + 1 }),
      id,
    );
    const { items, nextCursor } = page(messages, limit, (message) => String(message.seq));
    return { items: items as MessageOfChat<C>[], nextCursor };
  }

  /**
   * Where the tool calls of a chat stand, in order: those that await approval, and all others.
   * @throws ChatNotFoundError
   */
  async toolCalls(id: string, owner: OwnerOption = {}): Promise<ToolCallState[]> {
    if (!isUuid(id)) throw new ChatNotFoundError(id);
    return this.parts.store.toolCallStates(id, ownerOf(owner));
  }

  /**
   * A chat by its id, without loading it: it has every verb of a chat. Each verb checks
   * the id and the owner.
   * @example
   * const answer = await chats.ref(id, { ownerId }).ask('What is a lock?');
   */
  ref(id: string, owner: OwnerOption = {}): ChatRef<MessageOfChat<C>> {
    return new ChatRef(id, owner, this.backend);
  }

  /**
   * What all chats of this kind have cost their owner in a period, by the time that each request left; deleted chats count.
   * Requests that belong to no chat, such as those of OpenAI clients, are in the report of every kind.
   * @throws ValidationError when `from` or `to` is not a valid date
   */
  async usageOf({ from, to, ...owner }: OwnerOption & Period): Promise<UsageReport> {
    for (const time of [from, to]) {
      const isTime = time === undefined || (time instanceof Date && !Number.isNaN(time.getTime()));
      if (!isTime) throw new ValidationError('from and to must be valid dates.');
    }
    return this.parts.store.usageOfOwner(ownerOf(owner), { from, to });
  }

  /**
   * Where a run stands.
   * @throws ChatNotFoundError, RunNotFoundError
   */
  async findRun(id: string, runId: string, owner: OwnerOption = {}): Promise<DuoRun> {
    const where = { id: runId, chatId: id, chatKind: this.parts.store.name, ownerId: ownerOf(owner) ?? IsNull() };
    const run = isUuid(id) && isUuid(runId) ? await onDatabase(() => this.runRows.findOneBy(where)) : null;
    if (run !== null) return run;
    await this.find(id, owner);
    throw new RunNotFoundError(id, runId);
  }

  /** Finds chats as a repository does, and in the same statement whether they have a parked run. */
  private async load(options: FindManyOptions<C>): Promise<C[]> {
    const query = this.chats.createQueryBuilder(ALIAS).setFindOptions(options);
    query.addSelect(this.parts.store.hasParkedRun(ALIAS), IS_PARKED).setParameter('kind', this.parts.store.name);
    const { entities, raw } = await onDatabase(() => query.getRawAndEntities<Record<string, unknown>>());
    const parked = new Set(raw.flatMap((row) => (row[IS_PARKED] === true ? [row[`${ALIAS}_id`]] : [])));
    for (const chat of entities) setParked(chat, parked.has(chat.id));
    return entities;
  }

  private where(owner: OwnerOption, more: object): FindOptionsWhere<C> {
    return { ownerId: ownerOf(owner) ?? IsNull(), ...more } as FindOptionsWhere<C>;
  }
}

/** The error of an `externalId` whose chat is soft-deleted. */
function heldByDeletedChat(externalId: string): ValidationError {
  return new ValidationError(
    `externalId ${externalId} belongs to a chat that is soft-deleted. Restore that chat, or create one with another id.`,
  );
}
