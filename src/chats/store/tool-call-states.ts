import { type ToolCallRecord } from '../../messages/tool-call.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { readLastMessage } from './read-chat.js';
import { isAbandoned } from './tool-calls.js';

/**
 * Where a tool call stands, without its arguments and its result, which are in the chat's messages.
 * @publicApi
 */
export interface ToolCallState extends Pick<ToolCallRecord, 'id' | 'status' | 'decidedAt' | 'reason'> {
  runId: string;
  messageId: string;
  /** The place among the calls of its message, from 0. */
  ordinal: number;
  isAwaitingApproval: boolean;
  resultMessageId: string | null;
}

type Row = Omit<ToolCallState, 'decidedAt'> & { decidedAt: Date | null };

/** The calls of the chat `$2` of the kind `$1`, if it is the owner's `$3`; in order. */
function toolCallStatesSql(t: KindTables): string {
  return `
SELECT k.id, k.run_id AS "runId", k.message_id AS "messageId", k.ordinal, k.status, k.reason, k.decided_at AS "decidedAt",
       k.needs_approval AND k.status = 'pending' AND NOT ${isAbandoned(t, 'm')} AS "isAwaitingApproval",
       k.result_message_id AS "resultMessageId"
  FROM ${t.chats} c, ${t.messages} m, ${t.toolCalls} k, ${t.runs} r
 WHERE ${t.isChatOf('c', '$2', '$3')} AND m.${t.message('chatId')} = $2 AND k.message_id = m.${t.message('id')}
   AND r.id = k.run_id AND r.chat_kind = $1
 ORDER BY m.${t.message('seq')}, k.ordinal`;
}

/** @throws ChatNotFoundError */
export async function readToolCallStates(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
): Promise<ToolCallState[]> {
  const rows = await database.rows<Row>(toolCallStatesSql, [database.kind, chatId, ownerId]);
  if (rows.length === 0) await readLastMessage(database, chatId, ownerId);
  return rows.map((row) => ({ ...row, decidedAt: row.decidedAt?.toISOString() ?? null }));
}
