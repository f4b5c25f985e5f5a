import { type EntityManager } from 'typeorm';
import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';

export type LastMessage = Pick<MessageRecord, 'role' | 'status' | 'finishReason' | 'parts'>;

function chatModelSql({ chats, chat, isChatOf }: KindTables): string {
  return `SELECT t.${chat('model')} AS model FROM ${chats} t WHERE ${isChatOf('t', '$1', '$2')}`;
}

/**
 * The Duo id of the chat's own model.
 * @throws ChatNotFoundError
 */
export async function readChatModel(database: KindDatabase, chatId: string, ownerId: string | null): Promise<string> {
  const [row] = await database.rows<{ model: string }>(chatModelSql, [chatId, ownerId]);
  if (row === undefined) throw new ChatNotFoundError(chatId);
  return row.model;
}

function lastMessageSql({ chats, messages, chat, message, isChatOf, isLive }: KindTables): string {
  const properties = ['role', 'status', 'finishReason', 'parts'];
  const selected = properties.map((property) => `m.${message(property)} AS "${property}"`);
  return `
SELECT ${selected.join(', ')} FROM ${chats} c
  LEFT JOIN LATERAL (
    SELECT * FROM ${messages} m
     WHERE m.${message('chatId')} = c.${chat('id')} AND ${isLive('m')} AND m.${message('role')} <> 'system'
     ORDER BY m.${message('seq')} DESC LIMIT 1) m ON true
 WHERE ${isChatOf('c', '$1', '$2')}`;
}

/**
 * The last message of the user, the assistant or a tool.
 * @throws ChatNotFoundError
 */
export async function readLastMessage(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
): Promise<LastMessage | undefined> {
  type Row = LastMessage | Record<keyof LastMessage, null>;
  const [row] = await database.rows<Row>(lastMessageSql, [chatId, ownerId]);
  if (row === undefined) throw new ChatNotFoundError(chatId);
  return row.role === null ? undefined : row;
}

/**
 * Locks the chat's row until the end of a transaction.
 * @throws ChatNotFoundError
 */
export async function lockChat(
  { tables: { chats, isChatOf } }: KindDatabase,
  chatId: string,
  ownerId: string | null,
  manager: EntityManager,
): Promise<void> {
  const locking = `SELECT FROM ${chats} t WHERE ${isChatOf('t', '$1', '$2')} FOR NO KEY UPDATE`;
  const rows: unknown[] = await manager.query(locking, [chatId, ownerId]);
  if (rows.length === 0) throw new ChatNotFoundError(chatId);
}
