import { ChatBusyError } from '../../errors/chat.errors.js';
import { KeyTakenError, TooManyRunsError } from '../../errors/run.errors.js';
import { type BeginRun } from '../../runs/begin-run.interface.js';
import { readActiveRun } from './active-run.js';
import { beginOnce } from './begin-once.js';
import { type BegunHeader, begunRun, changedChat, chatChanges, headerJson } from './begin-sql.js';
import { violatedTable, violatedUnique } from './database-failure.js';
import { messageIdTaken } from './find-message-run.js';
import { historyAfter, type WithHistory, withHistory } from './history.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import {
  refuseRevision,
  type RevisionRefusal,
  type RevisionSql,
  revisionSql,
  revisionValues,
  whileStale,
} from './revision-sql.js';
import { lockTimeoutUntil } from './write-deadline.js';

/** Why a run was not inserted, although its chat exists and has no active run. */
interface Refusal extends Partial<RevisionRefusal> {
  /** The queued run of the chat that begins next. */
  queuedRunId: string | null;
  /** Whether the owner has as many runs as one may have. */
  isFull: boolean;
}

/**
 * Takes the next sequence numbers (the chat's row lock serialises writers), inserts the run (the index on active runs
 * refuses a second one), its key, the instructions and the user's message where there are any, and the first attempt;
 * returns the chat and its history. The history is of the snapshot from before the wait for the lock: see `historyUpTo`.
 */
function insertRunSql(t: KindTables): string {
  return insertSql(t, 26);
}

/** The same for a run that takes back what was said before. */
function insertRevisingSql(t: KindTables): string {
  return insertSql(t, 29, revisionSql(t, 26));
}

/** @param known the number of the first of the two parameters of the known history */
function insertSql(t: KindTables, known: number, revision?: RevisionSql): string {
  const refusal = headerJson({ queuedRunId: 'q.queued_id', isFull: 'q.is_full', ...revision?.refusal });
  const isRefused = revision
    ? 'NOT EXISTS (SELECT FROM b)'
    : `(q.queued_id IS NOT NULL OR q.is_full) AND EXISTS (SELECT FROM ${t.chats} t WHERE ${t.isChatOf('t', '$1', '$2')})`;
  const locked = revision ? ', l' : '';
  const ofChat = 'r.chat_kind = $4 AND r.chat_id = $1';
  return `
WITH ${lockTimeoutUntil('$21')},${revision?.found ?? ''}
q AS MATERIALIZED (
  SELECT (SELECT r.id FROM ${t.runs} r WHERE ${ofChat} AND r.status = 'queued' ORDER BY r.queue_rank, r.id LIMIT 1) AS queued_id,
         CASE WHEN $2::text IS NULL OR ${ownerRuns(t, '$2::text', '$25::int')} < $25::int THEN false
              ELSE NOT EXISTS (SELECT FROM ${t.runs} r WHERE ${ofChat} AND r.status IN ('running', 'awaiting_approval'))
         END AS is_full),
c AS MATERIALIZED (
  UPDATE ${t.chats} t SET ${chatChanges(t)}
    FROM s, q${locked}
   WHERE ${t.isChatOf('t', '$1', '$2')} AND ($22::int IS NULL OR t.${t.chat('nextSeq')} = $22)
     AND q.queued_id IS NULL AND NOT q.is_full${revision ? ` AND ${revision.isDue}` : ''}
  RETURNING ${changedChat(t)}),
r AS (
  INSERT INTO ${t.runs} (id, chat_kind, chat_id, owner_id, status, model, tools, input, instance_id, started_at)
  SELECT $3, $4, c.id, c.owner_id, 'running', coalesce($5, c.model), $17::json, $19::json, $6, now() FROM c RETURNING id, model, tools),
k AS (
  INSERT INTO ${t.keys} (chat_kind, chat_id, key, request_hash, run_id)
  SELECT $4, c.id, $23::text, $24::text, r.id FROM c, r WHERE $23::text IS NOT NULL),${begunRun(t, revision)},
h AS (
  SELECT done FROM b
  UNION ALL SELECT ${refusal} FROM q${locked} WHERE ${isRefused}),
${historyAfter(t, `$${known}`, `$${known + 1}`)}`;
}

/** How many running and queued runs an owner has, counted up to a limit. */
export function ownerRuns({ runs }: KindTables, ownerId: string, limit: string): string {
  return `(SELECT count(*) FROM (
    SELECT FROM ${runs} r WHERE r.owner_id = ${ownerId} AND r.status IN ('queued', 'running') LIMIT ${limit}) r)`;
}

/**
 * Stores a new run, its messages and its first attempt; `undefined` where the chat has an active run.
 * @param values those of a begin, with the deadline and the sequence number that the chat must still be at
 * @throws ChatBusyError while runs are queued and none is active, TooManyRunsError, KeyTakenError, MessageIdTakenError,
 *   and what `refuseRevision` throws
 */
export async function insertRun(
  database: KindDatabase,
  chatId: string,
  run: BeginRun,
  values: readonly unknown[],
): Promise<WithHistory<BegunHeader> | undefined> {
  const { requestKey, maxOwnerRuns, revision } = run;
  const all = [...values, requestKey?.key ?? null, requestKey?.requestHash ?? null, maxOwnerRuns];
  if (revision) all.push(...revisionValues(revision));
  const sql = revision ? insertRevisingSql : insertRunSql;
  let refusal: Refusal | undefined;
  const insert = async (): Promise<WithHistory<BegunHeader>> => {
    const { done, history } = await whileStale(() => withHistory<BegunHeader | Refusal>(database, sql, chatId, all));
    if (done === null || !('isFull' in done)) return { done, history };
    refusal = done;
    return { done: null, history };
  };
  try {
    const begun = await beginOnce(database, chatId, run, insert);
    if (refusal === undefined || begun.done) return begun;
    if (refusal.isFull) throw new TooManyRunsError(maxOwnerRuns);
    const { queuedRunId } = refusal;
    if (queuedRunId === null && revision) return refuseRevision(refusal, revision, chatId);
    if (await readActiveRun(database, chatId)) return undefined;
    throw new ChatBusyError(chatId, queuedRunId ?? undefined);
  } catch (error) {
    const { activeRunIndex, externalIdIndex, keyTable } = database.tables;
    if (violatedUnique(error) === activeRunIndex) return undefined;
    if (violatedUnique(error) === externalIdIndex)
      throw await messageIdTaken(database, chatId, run.user?.externalId ?? '');
    throw violatedTable(error) === keyTable ? new KeyTakenError() : error;
  }
}
