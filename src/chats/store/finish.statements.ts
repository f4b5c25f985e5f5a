import { type KindTables } from './kind-tables.js';
import { LOCK_TIMEOUT_MS } from './lock-timeout.js';
import { type Statement, statement } from './sql-client.js';

/** `owned` is 0 where the run was taken over, has ended or is gone; `seq` is null where no message was stored. */
export interface FinishRow {
  owned: number;
  seq: number | null;
}

/** How many parameters `endValues` makes. */
const END_PARAMETERS = 21;

/** Ends a run and its last attempt. */
export function finishStatement(t: KindTables): Statement {
  const first = END_PARAMETERS + 1;
  return endStatement(
    t,
    `${endAttempt(t, first)}, message_id = (SELECT $5::uuid FROM m) FROM f WHERE t.id = $${first}`,
  );
}

/**
 * Ends or parks a run, unless its fence has moved: the run, the answer where there is one, the messages that it replaces, the
 * chat's time, the end of the log and the attempts. The chat is locked before its run, as everywhere.
 * @param attempts the statement that ends the attempts of the run in `f`; its parameters follow those of `endValues`
 */
export function endStatement(t: KindTables, attempts: string): Statement {
  const { chat, message } = t;
  // A parked run has no instance, so that it is nobody's to recover.
  const released =
    "finished_at = CASE WHEN $4 <> 'awaiting_approval' THEN now() END, instance_id = CASE WHEN $4 <> 'awaiting_approval' THEN r.instance_id END";
  return statement(`
WITH s AS MATERIALIZED (SELECT set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true)),
l AS MATERIALIZED (SELECT t.${chat('id')} FROM ${t.chats} t, s WHERE t.${chat('id')} = $1 FOR NO KEY UPDATE OF t),
f AS (
  UPDATE ${t.runs} r SET status = $4, ${released}, error = $12::json, answer_message_id = $5::uuid, last_event_index = $19
    FROM (SELECT count(*) FROM l) l
   WHERE r.id = $2 AND r.fence = $3 AND r.status = 'running' RETURNING r.chat_id),
c AS (
  UPDATE ${t.chats} t SET ${chat('nextSeq')} = t.${chat('nextSeq')} + ($5::uuid IS NOT NULL)::int, ${chat('updatedAt')} = now()
    FROM f WHERE t.${chat('id')} = f.chat_id RETURNING t.${chat('id')} AS id, t.${chat('nextSeq')} - 1 AS seq),
m AS (
  INSERT INTO ${t.messages} (${answerColumns(t)})
  SELECT $5::uuid, c.id, c.seq, $2, 'assistant', $6, $7, $8::json, $9, $10, $11::timestamptz, $20, $21::json
    FROM c WHERE $5::uuid IS NOT NULL RETURNING ${message('seq')} AS seq),
o AS (
  UPDATE ${t.messages} t SET ${message('supersededBy')} = $2 FROM c
   WHERE t.${message('chatId')} = c.id AND t.${message('id')} = ANY($13::uuid[])),
e AS (
  INSERT INTO ${t.events} (run_id, first_index, events)
  SELECT $2, $14::int, $15::json FROM c WHERE $14::int IS NOT NULL
  UNION ALL SELECT $2, $16::int, ($17::text || coalesce((SELECT seq FROM m) || $18::text, ''))::json FROM c
  ON CONFLICT DO NOTHING),
a AS (${attempts})
SELECT (SELECT count(*)::int FROM f) AS owned, (SELECT seq FROM m) AS seq`);
}

/** The columns of a message of the assistant, as it is inserted. */
export function answerColumns({ message }: KindTables): string {
  const columns = [
    'id',
    'chatId',
    'seq',
    'runId',
    'role',
    'status',
    'text',
    'parts',
    'model',
    'finishReason',
    'createdAt',
    'prefixDigest',
    'finishDetail',
  ];
  return columns.map(message).join(', ');
}

/** Where a run stands whose finish found nothing to end. */
export interface RunRow {
  status: string;
  fence: number;
  answer_message_id: string | null;
  seq: number | null;
}

export function runStatement(t: KindTables): Statement {
  return statement(`
SELECT r.status, r.fence, r.answer_message_id, m.${t.message('seq')} AS seq
  FROM ${t.runs} r LEFT JOIN ${t.messages} m ON m.${t.message('id')} = r.answer_message_id WHERE r.id = $1`);
}

/** Ends an attempt by itself: of a run that is no longer ours, whose cost must be known all the same. */
export function attemptStatement(t: KindTables): Statement {
  return statement(`WITH a AS (${endAttempt(t, 1)} WHERE t.id = $1 AND t.status IN ('pending', 'unknown')) SELECT`);
}

/** Deletes the log of a run that went with its chat while events of it were on their way. */
export function unlogStatement(t: KindTables): Statement {
  return statement(`WITH e AS (DELETE FROM ${t.events} WHERE run_id = $1) SELECT`);
}

/** Ends an attempt and records the next one, which is about to leave. */
export function retryStatement(t: KindTables): Statement {
  return statement(`
WITH a AS (${endAttempt(t, 1)} WHERE t.id = $1)
INSERT INTO ${t.attempts} (id, run_id, request_id, chat_kind, chat_id, owner_id, step, number, provider, model, status)
SELECT $11, run_id, request_id, chat_kind, chat_id, owner_id, step, $12, provider, model, 'pending' FROM ${t.attempts} WHERE id = $1
ON CONFLICT (id) DO NOTHING`);
}

/** `UPDATE … SET` of an attempt, whose id is the parameter `first` and whose values follow it: see `attemptValues`. */
export function endAttempt(t: KindTables, first: number): string {
  const columns = [
    'status',
    'input_tokens',
    'output_tokens',
    'reasoning_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'first_token_ms',
    'duration_ms',
    'error_code',
  ];
  const assignments = columns.map((column, index) => `${column} = $${first + 1 + index}`);
  return `UPDATE ${t.attempts} t SET ${assignments.join(', ')}`;
}
