import { validate as isUuid } from 'uuid';
import { decidedBefore, type ToolCallDecision } from '../../conversation/tool-call-decision.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type ToolCallRecord } from '../../messages/tool-call.interface.js';
import { callsOf } from '../../messages/open-calls.js';
import { type StoredToolCall } from '../../runs/run-progress.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { readLastMessage } from './read-chat.js';
import { resend, RUN_PATIENCE_MS } from './resend.js';

/** A call with the parts of its message, which hold its arguments at `ordinal`. */
type ToolCallRow = Omit<ToolCallRecord, 'arguments' | 'decidedAt'> &
  Pick<MessageRecord, 'parts'> & { ordinal: number; decidedAt: Date | null };

const recordColumns: Record<keyof Omit<ToolCallRow, 'parts'>, string> = {
  id: 'id',
  providerCallId: 'provider_call_id',
  name: 'name',
  ordinal: 'ordinal',
  status: 'status',
  decidedBy: 'decided_by',
  decidedAt: 'decided_at',
  reason: 'reason',
};

/** The columns of the rows of calls that make a `StoredToolCall`. */
export function openCallColumns(table: string): Record<keyof StoredToolCall, string> {
  return {
    id: `${table}.id`,
    ordinal: `${table}.ordinal`,
    status: `${table}.status`,
    needsApproval: `${table}.needs_approval`,
    reason: `${table}.reason`,
  };
}

/** Whether a later ask or answer has left the message in the row behind, or superseded it: its calls get no results any more. */
export function isAbandoned({ messages, message, isLive }: KindTables, row: string): string {
  return `(NOT (${isLive(row)}) OR EXISTS (
    SELECT FROM ${messages} n
     WHERE n.${message('chatId')} = ${row}.${message('chatId')} AND n.${message('seq')} > ${row}.${message('seq')}
       AND (n.${message('role')} = 'assistant' OR n.${message('role')} = 'user' AND n.${message('runId')} IS NOT NULL)))`;
}

function openCallsSql(t: KindTables): string {
  const selected = Object.entries(openCallColumns('k')).map(([name, column]) => `${column} AS "${name}"`);
  return `
SELECT ${selected.join(', ')} FROM ${t.toolCalls} k JOIN ${t.messages} m ON m.${t.message('id')} = k.message_id
 WHERE k.message_id = $1 AND k.result_message_id IS NULL AND NOT ${isAbandoned(t, 'm')} ORDER BY k.ordinal`;
}

/** The calls of a message that have no result, in order; none of a message that a later one has left behind. */
export function readOpenCalls(database: KindDatabase, messageId: string): Promise<StoredToolCall[]> {
  return resend(() => database.rows<StoredToolCall>(openCallsSql, [messageId]), RUN_PATIENCE_MS);
}

/** The calls of the chat `$2` of the kind `$1`, if it is the owner's `$3`, that wait for approval; in order. */
function pendingApprovalsSql(t: KindTables): string {
  return `${callsOfChat(t)} AND k.needs_approval AND k.status = 'pending' AND NOT ${isAbandoned(t, 'm')}
 ORDER BY m.${t.message('seq')}, k.ordinal`;
}

/** @throws ChatNotFoundError */
export async function readPendingApprovals(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
): Promise<ToolCallRecord[]> {
  const rows = await database.rows<ToolCallRow>(pendingApprovalsSql, [database.kind, chatId, ownerId]);
  if (rows.length === 0) await readLastMessage(database, chatId, ownerId);
  return rows.map(toolCallRecord);
}

/** The call `$4` of the chat, whatever its status. */
function toolCallSql(t: KindTables): string {
  return `${callsOfChat(t)} AND k.id = $4`;
}

/** Decides on the call `$4` of the chat, unless another decision came first or the call was abandoned. */
function decideToolCallSql(t: KindTables): string {
  return `
WITH d AS (
  UPDATE ${t.toolCalls} k SET status = $5, decided_by = $6, decided_at = now(), reason = $7
    FROM ${t.runs} r, ${t.chats} c, ${t.messages} m
   WHERE k.id = $4 AND k.needs_approval AND k.status = 'pending' AND ${isOfChat(t)}
     AND m.${t.message('id')} = k.message_id AND NOT ${isAbandoned(t, 'm')} RETURNING k.*)
SELECT ${selectedRecord('d')}, m.${t.message('parts')} AS parts
  FROM d JOIN ${t.messages} m ON m.${t.message('id')} = d.message_id`;
}

/**
 * Of two who decide, the first wins.
 * @throws ChatNotFoundError, ToolCallNotFoundError, ToolCallDecidedError
 */
export async function decideToolCall(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  decision: ToolCallDecision,
): Promise<ToolCallRecord> {
  const { id, status, by, reason } = decision;
  const key = [database.kind, chatId, ownerId, id];
  const [decided] = isUuid(id) ? await database.rows<ToolCallRow>(decideToolCallSql, [...key, status, by, reason]) : [];
  if (decided) return toolCallRecord(decided);
  const [found] = isUuid(id) ? await database.rows<ToolCallRow>(toolCallSql, key) : [];
  if (found === undefined) await readLastMessage(database, chatId, ownerId);
  return decidedBefore(chatId, decision, found && toolCallRecord(found));
}

function callsOfChat(t: KindTables): string {
  return `
SELECT ${selectedRecord('k')}, m.${t.message('parts')} AS parts
  FROM ${t.chats} c, ${t.runs} r, ${t.toolCalls} k JOIN ${t.messages} m ON m.${t.message('id')} = k.message_id
 WHERE ${isOfChat(t)}`;
}

function isOfChat({ isChatOf }: KindTables): string {
  return `r.id = k.run_id AND r.chat_kind = $1 AND r.chat_id = $2 AND ${isChatOf('c', 'r.chat_id', '$3')}`;
}

function selectedRecord(table: string): string {
  return Object.entries(recordColumns)
    .map(([name, column]) => `${table}.${column} AS "${name}"`)
    .join(', ');
}

function toolCallRecord({ parts, ordinal, decidedAt, ...call }: ToolCallRow): ToolCallRecord {
  const { id, providerCallId, name, status, decidedBy, reason } = call;
  return {
    id,
    providerCallId,
    name,
    arguments: callsOf({ parts })[ordinal]?.arguments ?? {},
    status,
    decidedBy,
    decidedAt: decidedAt?.toISOString() ?? null,
    reason,
  };
}
