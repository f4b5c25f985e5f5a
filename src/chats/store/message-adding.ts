import { type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { ChatNotFoundError, PendingToolCallsError } from '../../errors/chat.errors.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type Part } from '../../messages/part.interface.js';
import { textOf } from '../../messages/text.js';
import { type DatabaseClock } from './database-clock.js';
import { type KindTables } from './kind-tables.js';
import { withLockTimeout } from './lock-timeout.js';
import { type SqlClient, statement } from './sql-client.js';

/** A message to be added at the end of a chat. */
export interface AddMessage {
  chatId: string;
  ownerId: string | null;
  role: MessageRecord['role'];
  parts: Part[];
}

/** Adds messages to chats, whatever runs beside: the chat's row lock puts the writers in a queue. */
export class MessageAdding {
  private readonly insert;

  constructor(
    private readonly client: SqlClient,
    { chats, messages, runs, chat, message, isChatOf }: KindTables,
    private readonly kind: string,
    private readonly clock: DatabaseClock,
  ) {
    const columns = ['id', 'chatId', 'seq', 'role', 'text', 'parts'].map(message).join(', ');
    this.insert = statement(`
WITH ${withLockTimeout('$8')},
p AS (
  SELECT FROM ${runs} WHERE chat_kind = $7 AND chat_id = $1 AND owner_id IS NOT DISTINCT FROM $2::text
     AND status = 'awaiting_approval' AND $4::text = 'assistant'),
c AS (
  UPDATE ${chats} t SET ${chat('nextSeq')} = t.${chat('nextSeq')} + 1, ${chat('updatedAt')} = now() FROM s
   WHERE ${isChatOf('t', '$1', '$2')} AND NOT EXISTS (SELECT FROM p)
  RETURNING t.${chat('id')} AS id, t.${chat('nextSeq')} - 1 AS seq),
m AS (
  INSERT INTO ${messages} (${columns}) SELECT $3, c.id, c.seq, $4, $5, $6::json FROM c
  RETURNING ${message('seq')} AS seq, ${message('createdAt')} AS created_at)
SELECT seq, created_at FROM m UNION ALL SELECT NULL, NULL FROM p`);
  }

  /**
   * @param manager the transaction that the message is part of, if any
   * @throws ChatNotFoundError, PendingToolCallsError for a message of the assistant that calls wait before
   */
  async add(added: AddMessage, manager?: EntityManager): Promise<MessageRecord> {
    const { chatId, role, parts } = added;
    const id = uuidv7();
    const text = textOf(parts);
    const deadline = manager ? null : this.clock.deadline();
    const values = [chatId, added.ownerId, id, role, text, JSON.stringify(parts), this.kind, deadline];
    const rows: ({ seq: number; created_at: Date } | { seq: null })[] = manager
      ? await manager.query(this.insert.text, values)
      : await this.client.rows(this.insert, values);
    const row = rows[0];
    if (row === undefined) throw new ChatNotFoundError(chatId);
    if (row.seq === null) throw new PendingToolCallsError(chatId);
    return {
      id,
      chatId,
      seq: row.seq,
      role,
      status: 'complete',
      text,
      parts,
      model: null,
      finishReason: null,
      finishDetail: null,
      runId: null,
      createdAt: row.created_at.toISOString(),
    };
  }
}
