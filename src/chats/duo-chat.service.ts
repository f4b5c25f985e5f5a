import { type DataSource, type FindOptionsWhere, IsNull, LessThan, MoreThan, type Repository } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { ChatNotFoundError } from '../errors/chat.errors.js';
import { RunNotFoundError } from '../errors/run.errors.js';
import { ValidationError } from '../errors/request.errors.js';
import { type DecisionOptions, type NewMessage, type OnChunk } from '../conversation/ask-options.interface.js';
import { awaitAnswer, startRun, eventsOf, awaitToolResults } from '../conversation/start-run.js';
import { type ChatBackend, bindChat } from '../conversation/chat-backend.js';
import { type SchemaOption } from '../conversation/parsed-answer.interface.js';
import { decision } from '../conversation/tool-call-decision.js';
import { mergeParams } from '../messages/merge-params.js';
import { checkParamChanges } from '../messages/params.js';
import { sanitizeJson } from '../messages/text.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type ToolCallRecord } from '../messages/tool-call.interface.js';
import { type ChatUsage, type UsageReport } from '../messages/usage-report.js';
import { type LiveRun } from '../runs/live-run.js';
import { type RunEvent } from '../runs/run-event.interface.js';
import { type RunService } from '../runs/run.service.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { checkChanges, ownerOf } from './chat-arguments.js';
import { addInstructions, ChatCreating, type ChatCreatingParts } from './chat-factory.js';
import { ChatSubscriber } from './chat-subscriber.js';
import {
  type Answer,
  type AskByIdOptions,
  type ChatChanges,
  type CompleteByIdOptions,
  type CreateChat,
  type MessageOfChat,
  type MessagePageOptions,
  type OwnerOption,
  type Page,
  type PageOptions,
  type Period,
  type RunToolsByIdOptions,
} from './duo-chat-service.interface.js';
import { type DuoMessage } from './entities/duo-message.entity.js';
import { DuoRun } from './entities/duo-run.entity.js';
import { subscribe } from './lasting-subscriber.js';
import { CHAT_PAGE, MESSAGE_PAGE, page, pageLimit, pageStart } from './page.js';
import { type ChatHandle, persistedChatBackend } from './persisted-chat-backend.js';
import { onDatabase } from './store/database-error.js';

/** What a service is made of. */
export interface DuoChatServiceParts<C extends ChatOf<unknown>> extends ChatCreatingParts<C> {
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
  private readonly creating: ChatCreating<C>;
  private readonly backend: ChatBackend<ChatHandle, MessageOfChat<C>>;

  constructor(private readonly parts: DuoChatServiceParts<C>) {
    const { dataSource, kind } = parts;
    this.chats = dataSource.getRepository(kind.chat);
    this.messageRows = dataSource.getRepository(kind.message);
    this.runRows = dataSource.getRepository(DuoRun);
    this.creating = new ChatCreating(parts, this.chats);
    this.backend = persistedChatBackend({ ...parts, chats: this.chats });
    subscribe(
      dataSource,
      new ChatSubscriber(kind.chat, parts.defaultModel, (chat) => {
        bindChat(chat, this.backend);
      }),
    );
  }

  /**
   * Creates a chat.
   * @throws UnknownModelError, ValidationError
   */
  async create(options: CreateChat<C> = {}): Promise<C> {
    return this.creating.create(options);
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
    checkChanges(changes);
    // No more of what is given than may be changed: a host may hand on what its client said.
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
   * The chat's messages in order, those that were replaced included.
   * @throws ChatNotFoundError
   */
  async messages(id: string, options: OwnerOption & MessagePageOptions = {}): Promise<Page<MessageOfChat<C>>> {
    await this.find(id, options);
    const limit = pageLimit(options.limit, MESSAGE_PAGE);
    const where = { chatId: id, seq: MoreThan(pageStart(options.after)) };
    const messages = await onDatabase(
      () => this.messageRows.find({ where, order: { seq: 'ASC' }, take: limit + 1 }),
      id,
    );
    const { items, nextCursor } = page(messages, limit, (message) => String(message.seq));
    return { items: items as MessageOfChat<C>[], nextCursor };
  }

  /**
   * Asks the model and waits for the answer; see `Chat.ask`.
   * @throws ChatNotFoundError, ChatBusyError, and what the upstream fails with
   */
  ask<Value>(
    id: string,
    content: string,
    options: AskByIdOptions & SchemaOption<Value>,
    onChunk?: OnChunk,
  ): Promise<Answer<C, Value>>;
  ask(id: string, content: string, options?: AskByIdOptions, onChunk?: OnChunk): Promise<MessageOfChat<C>>;
  async ask(id: string, content: string, options: AskByIdOptions = {}, onChunk?: OnChunk): Promise<MessageOfChat<C>> {
    const chat = this.bound(id, options);
    return awaitAnswer<ChatHandle, MessageOfChat<C>>(chat, await startRun(chat, content, options), options, onChunk);
  }

  /** Asks the model and yields the run's events; see `Chat.stream`. */
  async *stream(id: string, content: string, options: AskByIdOptions = {}): AsyncGenerator<RunEvent, void, undefined> {
    yield* eventsOf(await this.start(id, content, options));
  }

  /** Answers the last user message again; see `Chat.complete`. */
  complete<Value>(
    id: string,
    options: CompleteByIdOptions & SchemaOption<Value>,
    onChunk?: OnChunk,
  ): Promise<Answer<C, Value>>;
  complete(id: string, options?: CompleteByIdOptions, onChunk?: OnChunk): Promise<MessageOfChat<C>>;
  async complete(id: string, options: CompleteByIdOptions = {}, onChunk?: OnChunk): Promise<MessageOfChat<C>> {
    const chat = this.bound(id, options);
    return awaitAnswer<ChatHandle, MessageOfChat<C>>(chat, await startRun(chat, null, options), options, onChunk);
  }

  /** Asks the model once, and runs no tool; see `Chat.step`. */
  step<Value>(id: string, options: CompleteByIdOptions & SchemaOption<Value>): Promise<Answer<C, Value>>;
  step(id: string, options?: CompleteByIdOptions): Promise<MessageOfChat<C>>;
  async step(id: string, options: CompleteByIdOptions = {}): Promise<MessageOfChat<C>> {
    const chat = this.bound(id, options);
    const run = await startRun(chat, null, options, 'step');
    return awaitAnswer<ChatHandle, MessageOfChat<C>>(chat, run, options, undefined);
  }

  /** Runs the tool calls that have no result, and asks no model; see `Chat.runTools`. */
  async runTools(id: string, options: RunToolsByIdOptions = {}): Promise<MessageOfChat<C>[]> {
    return awaitToolResults<ChatHandle, MessageOfChat<C>>(this.bound(id, options), options);
  }

  /**
   * Whether the last thing that was said is a whole answer; see `Chat.isComplete`.
   * @throws ChatNotFoundError
   */
  async isComplete(id: string, owner: OwnerOption = {}): Promise<boolean> {
    return this.backend.isComplete(this.bound(id, owner));
  }

  /**
   * The tool calls that wait for somebody's approval; see `Chat.pendingApprovals`.
   * @throws ChatNotFoundError
   */
  async pendingApprovals(id: string, owner: OwnerOption = {}): Promise<ToolCallRecord[]> {
    return this.backend.pendingApprovals(this.bound(id, owner));
  }

  /**
   * Lets a tool call run with the next completion; see `Chat.approve`.
   * @throws ChatNotFoundError, ToolCallNotFoundError, ToolCallDecidedError
   */
  async approve(
    id: string,
    toolCallId: string,
    options: OwnerOption & Pick<DecisionOptions, 'by'> = {},
  ): Promise<ToolCallRecord> {
    return this.backend.decide(this.bound(id, options), decision(toolCallId, 'approved', options));
  }

  /**
   * Keeps a tool call from running; see `Chat.deny`.
   * @throws ChatNotFoundError, ToolCallNotFoundError, ToolCallDecidedError
   */
  async deny(id: string, toolCallId: string, options: OwnerOption & DecisionOptions = {}): Promise<ToolCallRecord> {
    return this.backend.decide(this.bound(id, options), decision(toolCallId, 'denied', options));
  }

  /** Adds a message without asking the model. */
  async addMessage(id: string, message: NewMessage, owner: OwnerOption = {}): Promise<MessageOfChat<C>> {
    const chat = this.bound(id, owner);
    return this.backend.addMessage(chat, message);
  }

  /**
   * What a chat has cost so far, by model and kind of token.
   * @throws ChatNotFoundError
   */
  async usage(id: string, owner: OwnerOption = {}): Promise<ChatUsage> {
    return this.backend.usage(this.bound(id, owner));
  }

  /**
   * What all chats of this kind have cost their owner in a period, by the time that each request left; deleted chats count.
   * @throws ValidationError when the period is none
   */
  async usageOf({ from, to, ...owner }: OwnerOption & Period): Promise<UsageReport> {
    for (const time of [from, to]) {
      const isTime = time === undefined || (time instanceof Date && !Number.isNaN(time.getTime()));
      if (!isTime) throw new ValidationError('from and to must be valid dates.');
    }
    return this.parts.store.usageOfOwner(ownerOf(owner), { from, to });
  }

  /**
   * Begins a run and hands it over as it works; `null` content answers the last user message again.
   * @throws ChatNotFoundError, ChatBusyError, ChatLockedError, UnknownModelError, ValidationError
   */
  async start(id: string, content: string | null, options: AskByIdOptions = {}): Promise<LiveRun> {
    return startRun(this.bound(id, options), content, options);
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

  private bound(id: string, owner: OwnerOption): ChatHandle {
    if (!isUuid(id)) throw new ChatNotFoundError(id);
    const chat = { id, ownerId: ownerOf(owner) };
    bindChat(chat, this.backend);
    return chat;
  }

  private where(owner: OwnerOption, more: object): FindOptionsWhere<C> {
    return { ownerId: ownerOf(owner) ?? IsNull(), ...more } as FindOptionsWhere<C>;
  }
}
