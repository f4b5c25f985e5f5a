import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type FinishedRun, type FinishRun } from '../../runs/run-end.interface.js';
import { explainLostRun, readRunState } from './explain-lost-run.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { logValues, storedAnswer } from './log-values.js';
import { resend, RUN_PATIENCE_MS } from './resend.js';
import { attemptValues, endAttempt } from './save-attempt.js';
import { lockTimeout } from './write-deadline.js';

/** `owned` is 0 where the run was taken over, has ended or is gone; `seq` is null where no message was stored. */
export interface FinishRow {
  owned: number;
  hasQueued: boolean;
  isCancelRequested: boolean;
  seq: number | null;
}

/** How many parameters `endValues` makes. */
const END_PARAMETERS = 21;

/** Ends a run and its last attempt. */
function finishRunSql(t: KindTables): string {
  const first = END_PARAMETERS + 1;
  return endRunSql(t, `${endAttempt(t, first)}, message_id = (SELECT $5::uuid FROM m) FROM f WHERE t.id = $${first}`);
}

/**
 * Ends or parks a run, unless its fence has moved: stores the run, the answer where there is one, the messages that it
 * replaces, the chat's time, the end of the log and the attempts. The chat is locked before its run, as everywhere.
 * @param attempts the statement that ends the attempts of the run in `f`; its parameters follow those of `endValues`
 */
export function endRunSql(t: KindTables, attempts: string): string {
  const { chat, message } = t;
  // A parked run has no instance, so that it is never recovered.
  const released =
    "finished_at = CASE WHEN $4 <> 'awaiting_approval' THEN now() END, instance_id = CASE WHEN $4 <> 'awaiting_approval' THEN r.instance_id END";
  return `
WITH ${lockTimeout},
l AS MATERIALIZED (SELECT t.${chat('id')} FROM ${t.chats} t, s WHERE t.${chat('id')} = $1 FOR NO KEY UPDATE OF t),
f AS (
  UPDATE ${t.runs} r SET status = $4, ${released}, error = $12::json, answer_message_id = $5::uuid, last_event_index = $19
    FROM (SELECT count(*) FROM l) l
   WHERE r.id = $2 AND r.fence = $3 AND r.status = 'running' RETURNING r.chat_kind, r.chat_id, r.cancel_requested_at),
c AS (
  UPDATE ${t.chats} t SET ${chat('nextSeq')} = t.${chat('nextSeq')} + ($5::uuid IS NOT NULL)::int, ${chat('updatedAt')} = now()
    FROM f WHERE t.${chat('id')} = f.chat_id RETURNING t.${chat('id')} AS id, t.${chat('nextSeq')} - 1 AS seq),
m AS (
  INSERT INTO ${t.messages} (${answerColumns(t)})
  SELECT $5::uuid, c.id, c.seq, $2, 'assistant', $6, $7, $8::json, $9, $10, $11::timestamptz, $20, $21::json
    FROM c WHERE $5::uuid IS NOT NULL RETURNING ${message('seq')} AS seq),
o AS (
  UPDATE ${t.messages} t SET ${message('supersededBy')} = $2, ${message('supersededAt')} = now() FROM c
   WHERE t.${message('chatId')} = c.id AND t.${message('id')} = ANY($13::uuid[])),
e AS (
  INSERT INTO ${t.events} (run_id, first_index, events)
  SELECT $2, $14::int, $15::json FROM c WHERE $14::int IS NOT NULL
  UNION ALL SELECT $2, $16::int, ($17::text || coalesce((SELECT seq FROM m) || $18::text, ''))::json FROM c
  ON CONFLICT DO NOTHING),
a AS (${attempts})
SELECT (SELECT count(*)::int FROM f) AS owned, (SELECT seq FROM m) AS seq,
       EXISTS (SELECT FROM ${t.runs} q, f WHERE q.chat_kind = f.chat_kind AND q.chat_id = f.chat_id AND q.status = 'queued') AS "hasQueued",
       EXISTS (SELECT FROM f WHERE f.cancel_requested_at IS NOT NULL) AS "isCancelRequested"`;
}

/** The columns of a message of the assistant, in the order of an insert. */
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

/** The parameters of `endRunSql`, except those of the attempts. */
export function endValues(run: FinishRun): unknown[] {
  const { answer } = run;
  return [
    run.chatId,
    run.runId,
    run.fence,
    run.status,
    answer?.id ?? null,
    answer?.status ?? null,
    answer?.text ?? null,
    answer ? JSON.stringify(answer.parts) : null,
    answer?.model ?? null,
    answer?.finishReason ?? null,
    answer?.createdAt ?? null,
    run.error && JSON.stringify(run.error),
    run.supersedes,
    ...logValues(run),
    run.prefixDigest,
    answer?.finishDetail ? JSON.stringify(answer.finishDetail) : null,
  ];
}

/**
 * Ends or parks a run in one round trip, or in more where another process has the run or the connection was lost.
 * @throws ChatNotFoundError, RunLostError
 */
export function finishRun(database: KindDatabase, run: FinishRun): Promise<FinishedRun> {
  const values = [...endValues(run), ...attemptValues(run.attempt)];
  return resend(async () => {
    const [row] = await database.rows<FinishRow>(finishRunSql, values);
    if (row?.owned !== 1) return endedBefore(database, run);
    if (run.answer && row.seq === null) throw new ChatNotFoundError(run.chatId);
    const { seq, hasQueued, isCancelRequested } = row;
    return { answer: storedAnswer(run, seq), hasQueued, isCancelRequested };
  }, RUN_PATIENCE_MS);
}

/** The run has ended already: by an earlier try of this same end, by a takeover, or with its chat. */
async function endedBefore(database: KindDatabase, run: FinishRun): Promise<FinishedRun> {
  const state = await readRunState(database, run.runId);
  const isOurs =
    state?.fence === run.fence && state.status === run.status && state.answerMessageId === (run.answer?.id ?? null);
  // Whether runs are queued is not known here: the next sweep looks.
  if (isOurs) return { answer: storedAnswer(run, state.seq), hasQueued: false, isCancelRequested: false };
  throw await explainLostRun(database, run, run.attempt);
}
