import { type MessageStatus, type Role } from '../../messages/message.interface.js';
import { type ModelParams } from '../../messages/model-request.interface.js';
import { type Part } from '../../messages/part.interface.js';
import { type KindTables } from './kind-tables.js';
import { type Statement, statement } from './sql-client.js';

/** How long a statement waits for the chat's row, in milliseconds: a caller's own transaction may hold it. */
export const LOCK_TIMEOUT_MS = 3_000;

/** What a begin tells of the chat and the run. */
export interface BegunHeader {
  model: string;
  params: ModelParams;
  /** The sequence number after the messages that the begin has added. */
  nextSeq: number;
}

/** The rows of a begin: first the header (`seq` -1, in `parts`), then the history in order, without what was added. */
export type BeginRow = HistoryRow | { seq: -1; parts: BegunHeader };

export interface HistoryRow {
  id: string;
  seq: number;
  role: Role;
  status: MessageStatus;
  parts: Part[];
}

/**
 * Takes the next sequence numbers (the chat's row lock puts writers in a queue), inserts the run (the index on active
 * runs refuses a second one), the instructions and the user's message where there are any, and the first attempt; returns
 * the chat and its history. The history is that of the snapshot from before the wait for the lock: see `isStale`.
 */
export function beginStatement(t: KindTables): Statement {
  const { chat, message } = t;
  return statement(`
WITH s AS MATERIALIZED (SELECT set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true)),
c AS MATERIALIZED (
  UPDATE ${t.chats} t
     SET ${chat('nextSeq')} = t.${chat('nextSeq')} + ($9::uuid IS NOT NULL)::int + ($12::uuid IS NOT NULL)::int,
         ${chat('model')} = coalesce($7::text, t.${chat('model')}),
         ${chat('params')} = CASE WHEN $8::jsonb IS NULL THEN t.${chat('params')}
                                  ELSE jsonb_strip_nulls(t.${chat('params')}::jsonb || $8::jsonb)::json END
    FROM s
   WHERE t.${chat('id')} = $1 AND t.${chat('ownerId')} IS NOT DISTINCT FROM $2::text
  RETURNING t.${chat('id')} AS id, t.${chat('ownerId')} AS owner_id, t.${chat('model')} AS model,
            t.${chat('params')} AS params, t.${chat('nextSeq')} AS next_seq),
r AS (
  INSERT INTO ${t.runs} (id, chat_kind, chat_id, owner_id, status, model, instance_id, started_at)
  SELECT $3, $4, c.id, c.owner_id, 'running', coalesce($5, c.model), $6, now() FROM c RETURNING id, model),
i AS (
  INSERT INTO ${t.messages} (${columns(t)})
  SELECT $9::uuid, c.id, c.next_seq - 1 - ($12::uuid IS NOT NULL)::int, r.id, 'system', $10, $11::json
    FROM c, r WHERE $9::uuid IS NOT NULL),
u AS (
  INSERT INTO ${t.messages} (${columns(t)})
  SELECT $12::uuid, c.id, c.next_seq - 1, r.id, 'user', $13, $14::json FROM c, r WHERE $12::uuid IS NOT NULL),
a AS (
  INSERT INTO ${t.attempts} (id, run_id, chat_kind, chat_id, owner_id, step, number, provider, model, status)
  SELECT $15, r.id, $4, c.id, c.owner_id, 1, 1, 'gitlab', r.model, 'pending' FROM c, r)
SELECT NULL::uuid AS id, -1 AS seq, NULL AS role, NULL AS status, ${header('r.model', 'c.params', 'c.next_seq')} AS parts
  FROM c, r
UNION ALL
(SELECT ${historyColumns(t)} FROM ${t.messages} m
  WHERE m.${message('chatId')} = $1 AND m.${message('supersededBy')} IS NULL AND EXISTS (SELECT FROM c))
ORDER BY seq`);
}

/** The history up to a sequence number, for a begin whose snapshot was taken before the last writer's end. */
export function historyStatement(t: KindTables): Statement {
  const { message } = t;
  return statement(`
SELECT ${historyColumns(t)} FROM ${t.messages} m
 WHERE m.${message('chatId')} = $1 AND m.${message('supersededBy')} IS NULL AND m.${message('seq')} <= $2
 ORDER BY m.${message('seq')}`);
}

/** What an earlier try of the same begin stored, after the connection was lost before its answer came. */
export function begunStatement(t: KindTables): Statement {
  const { chat, message } = t;
  return statement(`
SELECT NULL::uuid AS id, -1 AS seq, NULL AS role, NULL AS status,
       ${header('r.model', `c.${chat('params')}`, `c.${chat('nextSeq')}`)} AS parts
  FROM ${t.runs} r JOIN ${t.chats} c ON c.${chat('id')} = r.chat_id WHERE r.id = $2 AND r.status = 'running'
UNION ALL
(SELECT ${historyColumns(t)} FROM ${t.messages} m
  WHERE m.${message('chatId')} = $1 AND m.${message('supersededBy')} IS NULL)
ORDER BY seq`);
}

function header(model: string, params: string, nextSeq: string): string {
  return `json_build_object('model', ${model}, 'params', ${params}, 'nextSeq', ${nextSeq})`;
}

function historyColumns({ message }: KindTables): string {
  return ['id', 'seq', 'role', 'status', 'parts'].map((property) => `m.${message(property)} AS ${property}`).join(', ');
}

function columns({ message }: KindTables): string {
  return ['id', 'chatId', 'seq', 'runId', 'role', 'text', 'parts'].map(message).join(', ');
}
