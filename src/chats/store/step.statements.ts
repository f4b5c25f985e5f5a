import { type StoredToolCall } from '../../runs/run-store.interface.js';
import { answerColumns, endAttempt } from './finish.statements.js';
import { type KindTables } from './kind-tables.js';
import { LOCK_TIMEOUT_MS } from './lock-timeout.js';
import { type Statement, statement } from './sql-client.js';
import { isAbandoned } from './tool-call.statements.js';

/** `owned` is 0 where the run was taken over, has ended or is gone; `seqs` are those of the stored messages, in order. */
export interface StepRow {
  owned: number;
  seqs: number[];
}

/** The calls of a message that are stored with it. */
export interface CallValue {
  id: string;
  providerCallId: string;
  ordinal: number;
  name: string;
  status: string;
  needsApproval: boolean;
  idempotent: boolean;
}

/** Stores a message in the middle of a run, with its calls, and the end of its attempt. */
export function stepStatement(t: KindTables): Statement {
  const { chat, message } = t;
  return statement(`
${ownedRun(t)},
n AS (SELECT f.chat_id FROM f WHERE NOT EXISTS (SELECT FROM ${t.messages} m WHERE m.${message('id')} = $4)),
c AS (
  UPDATE ${t.chats} t SET ${chat('nextSeq')} = t.${chat('nextSeq')} + 1, ${chat('updatedAt')} = now()
    FROM n WHERE t.${chat('id')} = n.chat_id RETURNING t.${chat('id')} AS id, t.${chat('nextSeq')} - 1 AS seq),
m AS (
  INSERT INTO ${t.messages} (${answerColumns(t)})
  SELECT $4, c.id, c.seq, $2, 'assistant', $12, $5, $6::json, $7, $8, $9::timestamptz, $13, $14::json FROM c RETURNING ${message('seq')} AS seq),
o AS (
  UPDATE ${t.messages} t SET ${message('supersededBy')} = $2 FROM c
   WHERE t.${message('chatId')} = c.id AND t.${message('id')} = ANY($10::uuid[])),
k AS (
  INSERT INTO ${t.toolCalls} (id, run_id, message_id, provider_call_id, ordinal, name, status, needs_approval, idempotent)
  SELECT x.id, $2, $4, x."providerCallId", x.ordinal, x.name, x.status, x."needsApproval", x.idempotent
    FROM c, json_to_recordset($11::json) AS x
         (id uuid, "providerCallId" text, ordinal int, name text, status text, "needsApproval" boolean, idempotent boolean)),
a AS (${endAttempt(t, 15)}, message_id = $4 FROM f WHERE t.id = $15)
SELECT (SELECT count(*)::int FROM f) AS owned, ${storedSeqs(t, 'ARRAY[$4::uuid]')}`);
}

/** Stores results of calls, each as a message of its own, calls that have moved on, and the next step's attempt. */
export function progressStatement(t: KindTables): Statement {
  const { chat, message } = t;
  const columns = ['id', 'chatId', 'seq', 'runId', 'role', 'text', 'parts', 'createdAt'];
  return statement(`
${ownedRun(t)},
n AS MATERIALIZED (
  SELECT x.*, (row_number() OVER (ORDER BY x.place) - 1)::int AS nth
    FROM f, json_to_recordset($4::json) AS x
         (place int, id uuid, "toolCallId" uuid, status text, parts json, "createdAt" timestamptz)
   WHERE NOT EXISTS (SELECT FROM ${t.messages} m WHERE m.${message('id')} = x.id)),
z AS (SELECT count(*)::int AS size FROM n),
c AS (
  UPDATE ${t.chats} t SET ${chat('nextSeq')} = t.${chat('nextSeq')} + z.size, ${chat('updatedAt')} = now()
    FROM f, z WHERE t.${chat('id')} = f.chat_id AND z.size > 0
  RETURNING t.${chat('id')} AS id, t.${chat('nextSeq')} - z.size AS seq),
m AS (
  INSERT INTO ${t.messages} (${columns.map(message).join(', ')})
  SELECT n.id, c.id, c.seq + n.nth, $2, 'tool', '', n.parts, n."createdAt" FROM c, n RETURNING ${message('seq')} AS seq),
k AS (
  UPDATE ${t.toolCalls} t SET status = n.status, result_message_id = n.id FROM c, n WHERE t.id = n."toolCallId"),
v AS (
  UPDATE ${t.toolCalls} t SET status = x.status, run_id = $2 FROM f, json_to_recordset($5::json) AS x (id uuid, status text)
   WHERE t.id = x.id AND t.result_message_id IS NULL),
a AS (
  INSERT INTO ${t.attempts} (id, run_id, request_id, chat_kind, chat_id, owner_id, step, number, provider, model, status)
  SELECT $6::uuid, r.id, $8::text, r.chat_kind, r.chat_id, r.owner_id, $7::int, 1, 'gitlab', r.model, 'pending'
    FROM ${t.runs} r, f WHERE r.id = $2 AND $6::uuid IS NOT NULL
  ON CONFLICT (id) DO NOTHING)
SELECT (SELECT count(*)::int FROM f) AS owned,
       ${storedSeqs(t, 'ARRAY(SELECT x.id FROM json_to_recordset($4::json) AS x (id uuid))')}`);
}

/** The calls of the message `$1` that have no result, in order; none once the chat has moved on. */
export function openCallsStatement(t: KindTables): Statement {
  const columns: Record<keyof StoredToolCall, string> = {
    id: 'id',
    ordinal: 'ordinal',
    status: 'status',
    needsApproval: 'needs_approval',
    reason: 'reason',
  };
  const selected = Object.entries(columns).map(([name, column]) => `k.${column} AS "${name}"`);
  return statement(`
SELECT ${selected.join(', ')} FROM ${t.toolCalls} k JOIN ${t.messages} m ON m.${t.message('id')} = k.message_id
 WHERE k.message_id = $1 AND k.result_message_id IS NULL AND NOT ${isAbandoned(t, 'm')} ORDER BY k.ordinal`);
}

/**
 * Locks the chat `$1` and then its run `$2`; `f` has a row if the fence `$3` still holds. A takeover waits for the lock of
 * the run, and so sees what the statement has written.
 */
export function ownedRun({ chats, chat, runs }: KindTables): string {
  return `WITH s AS MATERIALIZED (SELECT set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true)),
l AS MATERIALIZED (SELECT t.${chat('id')} FROM ${chats} t, s WHERE t.${chat('id')} = $1 FOR NO KEY UPDATE OF t),
f AS MATERIALIZED (
  SELECT r.chat_id FROM ${runs} r, (SELECT count(*) FROM l) l
   WHERE r.id = $2 AND r.fence = $3 AND r.status = 'running' FOR NO KEY UPDATE OF r)`;
}

/** Also of the messages that an earlier try has stored, which its own snapshot does not show to a statement. */
function storedSeqs({ messages, message }: KindTables, ids: string): string {
  return `ARRAY(SELECT seq FROM m UNION ALL SELECT m.${message('seq')} FROM ${messages} m WHERE m.${message('id')} = ANY(${ids}) ORDER BY 1) AS seqs`;
}
