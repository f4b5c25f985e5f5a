import { type MessageRecord } from '../../messages/message.interface.js';
import { type ToolCallRecord } from '../../messages/tool-call.interface.js';
import { type KindTables } from './kind-tables.js';
import { type Statement, statement } from './sql-client.js';

/** A call with the parts of its message, which hold its arguments at `ordinal`. */
export type ToolCallRow = Omit<ToolCallRecord, 'arguments' | 'decidedAt'> &
  Pick<MessageRecord, 'parts'> & { ordinal: number; decidedAt: Date | null };

const columns: Record<keyof Omit<ToolCallRow, 'parts'>, string> = {
  id: 'id',
  providerCallId: 'provider_call_id',
  name: 'name',
  ordinal: 'ordinal',
  status: 'status',
  decidedBy: 'decided_by',
  decidedAt: 'decided_at',
  reason: 'reason',
};

/** The calls of the chat `$2` of the kind `$1`, if it is the owner's `$3`, that wait for approval; in order. */
export function pendingCallsStatement(t: KindTables): Statement {
  return statement(`${callsOfChat(t)} AND k.needs_approval AND k.status = 'pending' AND NOT ${isAbandoned(t, 'm')}
 ORDER BY m.${t.message('seq')}, k.ordinal`);
}

/** The call `$4` of the chat, however it stands. */
export function callStatement(t: KindTables): Statement {
  return statement(`${callsOfChat(t)} AND k.id = $4`);
}

/** Decides on the call `$4` of the chat, unless somebody was faster or the chat has moved on. */
export function decideStatement(t: KindTables): Statement {
  return statement(`
WITH d AS (
  UPDATE ${t.toolCalls} k SET status = $5, decided_by = $6, decided_at = now(), reason = $7
    FROM ${t.runs} r, ${t.chats} c, ${t.messages} m
   WHERE k.id = $4 AND k.needs_approval AND k.status = 'pending' AND ${isOfChat(t)}
     AND m.${t.message('id')} = k.message_id AND NOT ${isAbandoned(t, 'm')} RETURNING k.*)
SELECT ${selected('d')}, m.${t.message('parts')} AS parts
  FROM d JOIN ${t.messages} m ON m.${t.message('id')} = d.message_id`);
}

/** The last thing that was said in the chat `$1`, if it is the owner's `$2`. */
export function lastMessageStatement({ chats, messages, chat, message, isChatOf }: KindTables): Statement {
  const properties = ['role', 'status', 'finishReason', 'parts'];
  const said = properties.map((property) => `m.${message(property)} AS "${property}"`);
  return statement(`
SELECT ${said.join(', ')} FROM ${chats} c
  LEFT JOIN LATERAL (
    SELECT * FROM ${messages} m
     WHERE m.${message('chatId')} = c.${chat('id')} AND m.${message('supersededBy')} IS NULL AND m.${message('role')} <> 'system'
     ORDER BY m.${message('seq')} DESC LIMIT 1) m ON true
 WHERE ${isChatOf('c', '$1', '$2')}`);
}

/** Whether the chat has moved on from the message: another ask, or answer, stands behind it. */
export function isAbandoned({ messages, message }: KindTables, table: string): string {
  return `EXISTS (
    SELECT FROM ${messages} n
     WHERE n.${message('chatId')} = ${table}.${message('chatId')} AND n.${message('seq')} > ${table}.${message('seq')}
       AND (n.${message('role')} = 'assistant' OR n.${message('role')} = 'user' AND n.${message('runId')} IS NOT NULL))`;
}

function callsOfChat(t: KindTables): string {
  return `
SELECT ${selected('k')}, m.${t.message('parts')} AS parts
  FROM ${t.chats} c, ${t.runs} r, ${t.toolCalls} k JOIN ${t.messages} m ON m.${t.message('id')} = k.message_id
 WHERE ${isOfChat(t)}`;
}

function isOfChat({ isChatOf }: KindTables): string {
  return `r.id = k.run_id AND r.chat_kind = $1 AND r.chat_id = $2 AND ${isChatOf('c', 'r.chat_id', '$3')}`;
}

function selected(table: string): string {
  return Object.entries(columns)
    .map(([name, column]) => `${table}.${column} AS "${name}"`)
    .join(', ');
}
