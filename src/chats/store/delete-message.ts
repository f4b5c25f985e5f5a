import { type EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { ChatBusyError, PendingToolCallsError } from '../../errors/chat.errors.js';
import { MessageNotFoundError } from '../../errors/message.errors.js';
import { type RunStatus } from '../../runs/run-event.interface.js';
import { type PlacedMessage, toolRound } from '../../messages/tool-round.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { lockChat } from './read-chat.js';

interface ChatState {
  active: { id: string; status: RunStatus } | null;
  target: PlacedMessage | null;
}

/** The active run of the chat `$1` of the kind `$2`, and its message with the id `$3` or the client's own id `$4`. */
function chatStateSql(t: KindTables): string {
  const { message } = t;
  return `
SELECT (SELECT json_build_object('id', r.id, 'status', r.status) FROM ${t.runs} r
         WHERE r.chat_kind = $2 AND r.chat_id = $1 AND r.status IN ('running', 'awaiting_approval')) AS active,
       (SELECT json_build_object('id', m.${message('id')}, 'role', m.${message('role')}) FROM ${t.messages} m
         WHERE m.${message('chatId')} = $1 AND (m.${message('id')} = $3::uuid OR m.${message('externalId')} = $4) AND ${t.isLive('m')}
         LIMIT 1) AS target`;
}

/** The messages of the chat `$1` in order, as far as their places tell what belongs together. */
function placesSql({ messages, message, isLive }: KindTables): string {
  return `
SELECT m.${message('id')} AS id, m.${message('role')} AS role FROM ${messages} m
 WHERE m.${message('chatId')} = $1 AND ${isLive('m')} ORDER BY m.${message('seq')}`;
}

/** Supersedes the messages `$2` of the chat `$1`; each writer of messages changes the chat's row. */
function supersedeSql({ chats, chat, messages, message }: KindTables): string {
  return `
WITH c AS (UPDATE ${chats} SET ${chat('updatedAt')} = now() WHERE ${chat('id')} = $1 RETURNING ${chat('id')} AS id)
UPDATE ${messages} m SET ${message('supersededAt')} = now() FROM c
 WHERE m.${message('chatId')} = c.id AND m.${message('id')} = ANY($2::uuid[])`;
}

/**
 * Supersedes a message and what cannot stand without it, in a transaction.
 * @param messageId ours, or a client's own
 * @throws ChatNotFoundError, ChatBusyError, PendingToolCallsError, MessageNotFoundError
 */
export async function deleteMessage(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  messageId: string,
  manager: EntityManager,
): Promise<void> {
  await lockChat(database, chatId, ownerId, manager);
  const query = <Row>(sql: (tables: KindTables) => string, values: unknown[]): Promise<Row[]> =>
    manager.query(database.statement(sql).text, values);
  const values = [chatId, database.kind, isUuid(messageId) ? messageId : null, messageId];
  const [state] = await query<ChatState>(chatStateSql, values);
  const { active, target } = state ?? { active: null, target: null };
  if (target === null) throw new MessageNotFoundError(chatId, messageId);
  if (active?.status === 'awaiting_approval') throw new PendingToolCallsError(chatId);
  if (active) throw new ChatBusyError(chatId, active.id);
  const isAlone = target.role === 'user' || target.role === 'system';
  const history = isAlone ? [target] : await query<PlacedMessage>(placesSql, [chatId]);
  await query(supersedeSql, [chatId, toolRound(history, target)]);
}
