import { type EntityManager } from 'typeorm';
import { newId } from '../../messages/new-id.js';
import { ChatNotFoundError, PendingToolCallsError } from '../../errors/chat.errors.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type Part } from '../../messages/part.interface.js';
import { textOf } from '../../messages/text.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { lockTimeoutUntil } from './write-deadline.js';

/** A message to be added at the end of a chat. */
export interface AddMessage {
  chatId: string;
  ownerId: string | null;
  role: MessageRecord['role'];
  parts: Part[];
}

/** Adds a message, whatever runs at the same time: the chat's row lock serialises writers. */
function addMessageSql({ chats, messages, runs, chat, message, isChatOf }: KindTables): string {
  const columns = ['id', 'chatId', 'seq', 'role', 'text', 'parts'].map(message).join(', ');
  return `
WITH ${lockTimeoutUntil('$8')},
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
SELECT seq, created_at FROM m UNION ALL SELECT NULL, NULL FROM p`;
}

/**
 * @param manager the transaction that the message is part of, if any
 * @throws ChatNotFoundError, PendingToolCallsError for a message of the assistant while calls wait for a decision
 */
export async function addMessage(
  database: KindDatabase,
  { chatId, ownerId, role, parts }: AddMessage,
  manager?: EntityManager,
): Promise<MessageRecord> {
  const id = newId();
  const text = textOf(parts);
  const deadline = manager ? null : database.clock.deadline();
  const values = [chatId, ownerId, id, role, text, JSON.stringify(parts), database.kind, deadline];
  const rows: ({ seq: number; created_at: Date } | { seq: null })[] = manager
    ? await manager.query(database.statement(addMessageSql).text, values)
    : await database.rows(addMessageSql, values);
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
