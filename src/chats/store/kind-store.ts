import { type DataSource, type EntityManager } from 'typeorm';
import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type LeaseStore, type RunStore } from '../../runs/run-store.interface.js';
import { type ChatKind } from '../chat-kind.js';
import { LOCK_TIMEOUT_MS } from './begin.statements.js';
import { onDatabase } from './database-error.js';
import { kindTables } from './kind-tables.js';
import { type AddMessage, MessageAdding } from './message-adding.js';
import { RunBeginning } from './run-beginning.js';
import { RunFinishing } from './run-finishing.js';
import { type RunOwner, RunRecovery } from './run-recovery.js';
import { SqlClient } from './sql-client.js';
import { type MessageRecord } from '../../messages/message.interface.js';

/** The hot path's statements of one kind of chat, in one data source. */
export class KindStore {
  /** The kind's stable name. */
  readonly name: string;
  private readonly tables;
  private readonly beginning: RunBeginning;
  private readonly finishing: RunFinishing;
  private readonly adding: MessageAdding;

  /** @throws ConfigurationError when the data source is not PostgreSQL or lacks one of the entities */
  constructor(
    private readonly dataSource: DataSource,
    kind: ChatKind,
    private readonly leases: LeaseStore,
    owner: RunOwner,
  ) {
    const client = new SqlClient(dataSource);
    this.tables = kindTables(dataSource, kind);
    this.name = kind.name ?? dataSource.getMetadata(kind.chat).tableName;
    const recovery = new RunRecovery(client, this.tables, this.name, owner);
    this.beginning = new RunBeginning(client, this.tables, this.name, recovery);
    this.finishing = new RunFinishing(client, this.tables);
    this.adding = new MessageAdding(client, this.tables);
  }

  /** The store of the runs of one chat, for the owner who asks. */
  runsOf(chatId: string, ownerId: string | null): RunStore {
    return {
      leases: this.leases,
      begin: (run) => onDatabase(() => this.beginning.begin(chatId, ownerId, run), chatId),
      retry: (retry) => onDatabase(() => this.finishing.retry(retry), chatId),
      finish: (run) => onDatabase(() => this.finishing.finish(run), chatId),
    };
  }

  addMessage(message: AddMessage, manager?: EntityManager): Promise<MessageRecord> {
    return onDatabase(() => this.adding.add(message, manager), message.chatId);
  }

  /**
   * Deletes a chat with its messages and runs; what its attempts cost stays in the ledger. The chat goes first: its row
   * lock waits for a begin, whose run is then seen.
   * @throws ChatNotFoundError
   */
  delete(chatId: string, ownerId: string | null): Promise<void> {
    const { chats, chat, runs, toolCalls, events } = this.tables;
    return this.transaction(chatId, async (manager) => {
      const rows: unknown[] = await manager.query(
        `WITH d AS (DELETE FROM ${chats} WHERE ${chat('id')} = $1 AND ${chat('ownerId')} IS NOT DISTINCT FROM $2::text RETURNING 1) SELECT FROM d`,
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
  }

  /**
   * Changes one chat in a transaction, which does not wait for ever for a row that another holds.
   * @throws ChatLockedError, DatabaseUnavailableError, and what the work throws
   */
  transaction<T>(chatId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return onDatabase(
      () =>
        this.dataSource.transaction(async (manager) => {
          await manager.query(`SELECT set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true)`);
          return work(manager);
        }),
      chatId,
    );
  }
}
