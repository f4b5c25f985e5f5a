import { type DataSource, type EntityManager } from 'typeorm';
import { type ToolCallDecision } from '../../conversation/tool-call-decision.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type ToolCallRecord } from '../../messages/tool-call.interface.js';
import { type ChatUsage, type UsageReport } from '../../messages/usage-report.js';
import { type RunStore } from '../../runs/run-store.interface.js';
import { type ResolvedKind } from '../chat-kind.js';
import { type Period } from '../duo-chat-service.interface.js';
import { type AddMessage, addMessage } from './add-message.js';
import { ChatRuns } from './chat-runs.js';
import { onDatabase } from './database-error.js';
import { deleteChat } from './delete-chat.js';
import { deleteMessage } from './delete-message.js';
import { type Histories } from './history-cache.service.js';
import { type InstanceStore } from './instance-stores.service.js';
import { KindDatabase, type RunOwner } from './kind-database.js';
import { type LastMessage, lockChat, readLastMessage } from './read-chat.js';
import { readChatUsage, readOwnerUsage } from './read-usage.js';
import { readToolCallStates, type ToolCallState } from './tool-call-states.js';
import { decideToolCall, readPendingApprovals } from './tool-calls.js';

/**
 * What the chats of one kind do in one data source. Every method throws DatabaseUnavailableError where the database does
 * not answer.
 */
export class KindStore {
  private readonly database: KindDatabase;

  /** @throws ConfigurationError when the data source is not PostgreSQL or lacks one of the entities */
  constructor(
    dataSource: DataSource,
    kind: ResolvedKind,
    private readonly instance: InstanceStore,
    owner: RunOwner,
    histories: Histories,
  ) {
    this.database = new KindDatabase(dataSource, kind, { clock: instance.clock, owner, histories });
  }

  /** The kind's stable name. */
  get name(): string {
    return this.database.kind;
  }

  /** The tables of this kind alone. */
  get ownTables(): string[] {
    const { chats, messages } = this.database.tables;
    return [chats, messages];
  }

  /** Whether the chat that `alias` stands for in a query of `:kind` has a parked run, in SQL; one look at an index. */
  hasParkedRun(alias: string): string {
    const { runs, chat } = this.database.tables;
    return `EXISTS (SELECT FROM ${runs} r WHERE r.chat_kind = :kind AND r.chat_id = "${alias}".${chat('id')} AND r.status = 'awaiting_approval')`;
  }

  /** The store of the runs of one chat, for the owner who asks. */
  runsOf(chatId: string, ownerId: string | null): RunStore {
    return new ChatRuns(this.database, this.instance, chatId, ownerId);
  }

  addMessage(message: AddMessage, manager?: EntityManager): Promise<MessageRecord> {
    return onDatabase(() => addMessage(this.database, message, manager), message.chatId);
  }

  /** The last message of the user, the assistant or a tool. */
  lastMessage(chatId: string, ownerId: string | null): Promise<LastMessage | undefined> {
    return onDatabase(() => readLastMessage(this.database, chatId, ownerId), chatId);
  }

  pendingApprovals(chatId: string, ownerId: string | null): Promise<ToolCallRecord[]> {
    return onDatabase(() => readPendingApprovals(this.database, chatId, ownerId), chatId);
  }

  toolCallStates(chatId: string, ownerId: string | null): Promise<ToolCallState[]> {
    return onDatabase(() => readToolCallStates(this.database, chatId, ownerId), chatId);
  }

  decide(chatId: string, ownerId: string | null, decision: ToolCallDecision): Promise<ToolCallRecord> {
    return onDatabase(() => decideToolCall(this.database, chatId, ownerId, decision), chatId);
  }

  usageOfChat(chatId: string, ownerId: string | null): Promise<ChatUsage> {
    return onDatabase(() => readChatUsage(this.database, chatId, ownerId), chatId);
  }

  usageOfOwner(ownerId: string | null, period: Period): Promise<UsageReport> {
    return onDatabase(() => readOwnerUsage(this.database, ownerId, period));
  }

  /** @throws ChatNotFoundError, MessageNotFoundError, ChatBusyError, PendingToolCallsError */
  deleteMessage(chatId: string, ownerId: string | null, messageId: string): Promise<void> {
    return this.transaction(chatId, (manager) => deleteMessage(this.database, chatId, ownerId, messageId, manager));
  }

  /** @throws ChatNotFoundError */
  async delete(chatId: string, ownerId: string | null): Promise<void> {
    await this.transaction(chatId, (manager) => deleteChat(this.database, chatId, ownerId, manager));
    this.database.histories.delete(chatId);
  }

  /**
   * Changes a chat in a transaction that holds its row: a plain save would undo what a run has changed meanwhile, and
   * restore a chat that was deleted.
   * @throws ChatNotFoundError, ChatLockedError, DatabaseUnavailableError, and what the work throws
   */
  change<T>(chatId: string, ownerId: string | null, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.transaction(chatId, async (manager) => {
      await lockChat(this.database, chatId, ownerId, manager);
      return work(manager);
    });
  }

  /**
   * Works on one chat in a transaction, again where the database rolled it back for a passing reason.
   * @throws ChatLockedError, DatabaseUnavailableError, and what the work throws
   */
  transaction<T>(chatId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return onDatabase(() => this.database.transaction(work), chatId);
  }
}
