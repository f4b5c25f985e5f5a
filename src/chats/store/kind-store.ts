import { type DataSource, type EntityManager } from 'typeorm';
import { type ToolCallDecision } from '../../conversation/tool-call-decision.js';
import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type RunStore } from '../../runs/run-store.interface.js';
import { type ChatKind } from '../chat-kind.js';
import { type Period } from '../duo-chat-service.interface.js';
import { Approvals } from './approvals.js';
import { onDatabase } from './database-error.js';
import { isRolledBack } from './database-failure.js';
import { type InstanceStore } from './instance-stores.service.js';
import { type Histories } from './history-cache.service.js';
import { kindTables } from './kind-tables.js';
import { LostRuns } from './lost-runs.js';
import { type AddMessage, MessageAdding } from './message-adding.js';
import { ModelReading } from './model-reading.js';
import { PartRejecting } from './part-rejecting.js';
import { CALLER_PATIENCE_MS, resend } from './resend.js';
import { RunBeginning } from './run-beginning.js';
import { RunFinishing } from './run-finishing.js';
import { type RunOwner, RunRecovery } from './run-recovery.js';
import { RunStepping } from './run-stepping.js';
import { SqlClient } from './sql-client.js';
import { inTransaction } from './transaction.js';
import { UsageReading } from './usage-reading.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type ToolCallRecord } from '../../messages/tool-call.interface.js';
import { type ChatUsage, type UsageReport } from '../../messages/usage-report.js';

/** The hot path's statements of one kind of chat, in one data source. */
export class KindStore {
  /** The kind's stable name. */
  readonly name: string;
  private readonly tables;
  private readonly beginning: RunBeginning;
  private readonly stepping: RunStepping;
  private readonly finishing: RunFinishing;
  private readonly adding: MessageAdding;
  private readonly rejecting: PartRejecting;
  private readonly models: ModelReading;
  private readonly usage: UsageReading;
  private readonly approvals: Approvals;

  /** @throws ConfigurationError when the data source is not PostgreSQL or lacks one of the entities */
  constructor(
    private readonly dataSource: DataSource,
    kind: ChatKind,
    private readonly instance: InstanceStore,
    owner: RunOwner,
    private readonly histories: Histories,
  ) {
    const client = new SqlClient(dataSource);
    this.tables = kindTables(dataSource, kind);
    this.name = kind.name ?? dataSource.getMetadata(kind.chat).tableName;
    const lost = new LostRuns(client, this.tables);
    this.stepping = new RunStepping(client, this.tables, lost);
    const recovery = new RunRecovery(client, this.tables, this.name, owner, this.stepping);
    this.beginning = new RunBeginning(client, this.tables, this.name, recovery, instance.clock, histories);
    this.finishing = new RunFinishing(client, this.tables, lost);
    this.adding = new MessageAdding(client, this.tables, this.name, instance.clock);
    this.rejecting = new PartRejecting(client, this.tables);
    this.models = new ModelReading(client, this.tables);
    this.usage = new UsageReading(client, this.tables, this.name);
    this.approvals = new Approvals(client, this.tables, this.name);
  }

  /** The tables of this kind alone. */
  get ownTables(): string[] {
    return [this.tables.chats, this.tables.messages];
  }

  /** The store of the runs of one chat, for the owner who asks. */
  runsOf(chatId: string, ownerId: string | null): RunStore {
    return {
      leases: this.instance.leases,
      log: this.instance.log,
      chatModel: () => onDatabase(() => this.models.read(chatId, ownerId), chatId),
      begin: (run) => onDatabase(() => this.beginning.begin(chatId, ownerId, run), chatId),
      openCalls: (messageId) => onDatabase(() => this.stepping.openCalls(messageId), chatId),
      retry: (retry) => onDatabase(() => this.finishing.retry(retry), chatId),
      storeStep: (step) => onDatabase(() => this.stepping.storeStep(step), chatId),
      storeProgress: (progress) => onDatabase(() => this.stepping.storeProgress(progress), chatId),
      rejectParts: (run, rejected) => onDatabase(() => this.rejecting.reject(run, rejected), chatId),
      finish: (run) => onDatabase(() => this.finishing.finish(run), chatId),
    };
  }

  addMessage(message: AddMessage, manager?: EntityManager): Promise<MessageRecord> {
    return onDatabase(() => this.adding.add(message, manager), message.chatId);
  }

  /** The last thing that was said, by the user, the assistant or a tool. */
  lastMessage(chatId: string, ownerId: string | null): ReturnType<Approvals['lastMessage']> {
    return onDatabase(() => this.approvals.lastMessage(chatId, ownerId), chatId);
  }

  pendingApprovals(chatId: string, ownerId: string | null): Promise<ToolCallRecord[]> {
    return onDatabase(() => this.approvals.pending(chatId, ownerId), chatId);
  }

  decide(chatId: string, ownerId: string | null, decision: ToolCallDecision): Promise<ToolCallRecord> {
    return onDatabase(() => this.approvals.decide(chatId, ownerId, decision), chatId);
  }

  usageOfChat(chatId: string, ownerId: string | null): Promise<ChatUsage> {
    return onDatabase(() => this.usage.chat(chatId, ownerId), chatId);
  }

  usageOfOwner(ownerId: string | null, period: Period): Promise<UsageReport> {
    return onDatabase(() => this.usage.owner(ownerId, period));
  }

  /**
   * Deletes a chat with its messages and runs; what its attempts cost stays in the ledger. The chat goes first: its row
   * lock waits for a begin, whose run is then seen.
   * @throws ChatNotFoundError
   */
  async delete(chatId: string, ownerId: string | null): Promise<void> {
    const { chats, isChatOf, runs, toolCalls, events } = this.tables;
    await this.transaction(chatId, async (manager) => {
      const rows: unknown[] = await manager.query(
        `WITH d AS (DELETE FROM ${chats} t WHERE ${isChatOf('t', '$1', '$2')} RETURNING 1) SELECT FROM d`,
        [chatId, ownerId],
      );
      if (rows.length === 0) throw new ChatNotFoundError(chatId);
      await manager.query(
        `WITH r AS (DELETE FROM ${runs} WHERE chat_kind = $1 AND chat_id = $2 RETURNING id), ` +
          `t AS (DELETE FROM ${toolCalls} USING r WHERE run_id = r.id), ` +
          `e AS (DELETE FROM ${events} USING r WHERE run_id = r.id) SELECT FROM r`,
        [this.name, chatId],
      );
    });
    this.histories.delete(chatId);
  }

  /**
   * Changes a chat in a transaction that holds its row: a save would set back what a run has changed meanwhile, and bring
   * back a chat that was deleted.
   * @throws ChatNotFoundError, ChatLockedError, DatabaseUnavailableError, and what the work throws
   */
  change<T>(chatId: string, ownerId: string | null, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const { chats, isChatOf } = this.tables;
    return this.transaction(chatId, async (manager) => {
      const rows: unknown[] = await manager.query(
        `SELECT FROM ${chats} t WHERE ${isChatOf('t', '$1', '$2')} FOR NO KEY UPDATE`,
        [chatId, ownerId],
      );
      if (rows.length === 0) throw new ChatNotFoundError(chatId);
      return work(manager);
    });
  }

  /**
   * Works on one chat in a transaction, and once more where the database rolled that back for a passing reason.
   * @throws ChatLockedError, DatabaseUnavailableError, and what the work throws
   */
  transaction<T>(chatId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const send = (): Promise<T> => inTransaction(this.dataSource, work);
    return onDatabase(() => resend(send, CALLER_PATIENCE_MS, isRolledBack), chatId);
  }
}
