import { type DataSource, type EntityManager } from 'typeorm';
import { type ToolCallDecision } from '../../conversation/tool-call-decision.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type ToolCallRecord } from '../../messages/tool-call.interface.js';
import { type ChatUsage, type UsageReport } from '../../messages/usage-report.js';
import { type RunStore } from '../../runs/run-store.interface.js';
import { type ResolvedKind } from '../chat-kind.js';
import { type Period } from '../duo-chat-service.interface.js';
import { type AddMessage, addMessage } from './add-message.js';
import { beginRun } from './begin-run.js';
import { cancelRun } from './cancel-run.js';
import { onDatabase } from './database-error.js';
import { deleteChat } from './delete-chat.js';
import { enqueueRun } from './enqueue-run.js';
import { failQueued } from './fail-queued.js';
import { findKey } from './find-key.js';
import { findMessageRun } from './find-message-run.js';
import { finishRun } from './finish-run.js';
import { readFirstQueued } from './first-queued.js';
import { type Histories } from './history-cache.service.js';
import { type InstanceStore } from './instance-stores.service.js';
import { KindDatabase, type RunOwner } from './kind-database.js';
import { type LastMessage, lockChat, readChatModel, readLastMessage } from './read-chat.js';
import { readChatUsage, readOwnerUsage } from './read-usage.js';
import { readActiveOrQueued, readRun, readRuns } from './read-run.js';
import { rejectParts } from './reject-parts.js';
import { releaseRun } from './release-run.js';
import { saveRetry } from './save-attempt.js';
import { saveProgress } from './save-progress.js';
import { saveStep } from './save-step.js';
import { takeOver } from './take-over.js';
import { decideToolCall, readOpenCalls, readPendingApprovals } from './tool-calls.js';

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
    const { database, instance } = this;
    return {
      leases: instance.leases,
      log: instance.log,
      isHandedOver: database.recovery === 'takeover',
      chatModel: () => onDatabase(() => readChatModel(database, chatId, ownerId), chatId),
      begin: (run) => onDatabase(() => beginRun(database, chatId, ownerId, run), chatId),
      openCalls: (messageId) => onDatabase(() => readOpenCalls(database, messageId), chatId),
      retry: (retry) => onDatabase(() => saveRetry(database, retry), chatId),
      storeStep: (step) => onDatabase(() => saveStep(database, step), chatId),
      storeProgress: (progress) => onDatabase(() => saveProgress(database, progress), chatId),
      rejectParts: (run, rejected) => onDatabase(() => rejectParts(database, run, rejected), chatId),
      finish: (run) => onDatabase(() => finishRun(database, run), chatId),
      find: (runId) => onDatabase(() => readRun(database, chatId, ownerId, runId), chatId),
      list: (options) => onDatabase(() => readRuns(database, chatId, ownerId, options), chatId),
      active: () => onDatabase(() => readActiveOrQueued(database, chatId, ownerId), chatId),
      findKey: (key) => onDatabase(() => findKey(database, chatId, ownerId, key), chatId),
      findMessageRun: (externalId) => onDatabase(() => findMessageRun(database, chatId, externalId), chatId),
      enqueue: (run) => onDatabase(() => enqueueRun(database, chatId, ownerId, run), chatId),
      firstQueued: () => onDatabase(() => readFirstQueued(database, chatId, ownerId), chatId),
      failQueued: (runId, problem) => onDatabase(() => failQueued(database, chatId, runId, problem), chatId),
      cancel: (runId, reason) => onDatabase(() => cancelRun(database, chatId, ownerId, runId, reason), chatId),
      takeOver: (run) => onDatabase(() => takeOver(database, chatId, ownerId, run), chatId),
      release: (run) => onDatabase(() => releaseRun(database, run), chatId),
    };
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

  decide(chatId: string, ownerId: string | null, decision: ToolCallDecision): Promise<ToolCallRecord> {
    return onDatabase(() => decideToolCall(this.database, chatId, ownerId, decision), chatId);
  }

  usageOfChat(chatId: string, ownerId: string | null): Promise<ChatUsage> {
    return onDatabase(() => readChatUsage(this.database, chatId, ownerId), chatId);
  }

  usageOfOwner(ownerId: string | null, period: Period): Promise<UsageReport> {
    return onDatabase(() => readOwnerUsage(this.database, ownerId, period));
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
