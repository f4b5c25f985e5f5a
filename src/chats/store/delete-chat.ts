import { type EntityManager } from 'typeorm';
import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type KindDatabase } from './kind-database.js';

/**
 * Deletes a chat with its messages and runs, in a transaction; the ledger keeps what its attempts cost. The chat goes
 * first: its row lock waits for a begin, whose run the second statement then sees.
 * @throws ChatNotFoundError
 */
export async function deleteChat(
  { tables, kind }: KindDatabase,
  chatId: string,
  ownerId: string | null,
  manager: EntityManager,
): Promise<void> {
  const { chats, isChatOf, runs, toolCalls, events, keys } = tables;
  const rows: unknown[] = await manager.query(
    `WITH d AS (DELETE FROM ${chats} t WHERE ${isChatOf('t', '$1', '$2')} RETURNING 1) SELECT FROM d`,
    [chatId, ownerId],
  );
  if (rows.length === 0) throw new ChatNotFoundError(chatId);
  await manager.query(
    `WITH r AS (DELETE FROM ${runs} WHERE chat_kind = $1 AND chat_id = $2 RETURNING id), ` +
      `t AS (DELETE FROM ${toolCalls} USING r WHERE run_id = r.id), ` +
      `e AS (DELETE FROM ${events} USING r WHERE run_id = r.id), ` +
      `k AS (DELETE FROM ${keys} WHERE chat_kind = $1 AND chat_id = $2) SELECT FROM r`,
    [kind, chatId],
  );
}
