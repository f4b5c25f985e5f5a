import { type BeginRun } from '../../runs/begin-run.interface.js';
import { beginOnce } from './begin-once.js';
import { type BegunHeader, begunRun, changedChat, chatChanges, headerJson } from './begin-sql.js';
import { violatedUnique } from './database-failure.js';
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

/**
 * Makes a queued run the active one, and stores what an insert of a new run would store with it. The chat is locked before
 * the run, and changed only if the run is still queued.
 */
function beginQueuedSql(t: KindTables): string {
  return queuedSql(t, 23);
}

/** The same for a run that takes back what was said before. */
function beginQueuedRevisingSql(t: KindTables): string {
  return queuedSql(t, 26, revisionSql(t, 23));
}

/** @param known the number of the first of the two parameters of the known history */
function queuedSql(t: KindTables, known: number, revision?: RevisionSql): string {
  const { chat } = t;
  const lock = `
l AS MATERIALIZED (
  SELECT t.${chat('id')} AS id, t.${chat('model')} AS model FROM ${t.chats} t, s
   WHERE ${t.isChatOf('t', '$1', '$2')} AND ($22::int IS NULL OR t.${chat('nextSeq')} = $22) FOR NO KEY UPDATE OF t),`;
  const refused = revision
    ? `UNION ALL SELECT ${headerJson(revision.refusal)} FROM l JOIN ${t.runs} r ON r.id = $3 AND r.status = 'queued' WHERE NOT EXISTS (SELECT FROM b)`
    : '';
  return `
WITH ${lockTimeoutUntil('$21')},${revision?.found ?? lock}
r AS (
  UPDATE ${t.runs} r SET status = 'running', instance_id = $6, started_at = now(), model = coalesce($5, $7::text, l.model),
         tools = $17::json, input = $19::json
    FROM l WHERE r.id = $3 AND r.chat_kind = $4 AND r.chat_id = l.id AND r.status = 'queued'${revision ? ` AND ${revision.isDue}` : ''}
  RETURNING r.id, r.model, r.tools),
c AS MATERIALIZED (
  UPDATE ${t.chats} t SET ${chatChanges(t)}
    FROM l, r WHERE t.${chat('id')} = l.id
  RETURNING ${changedChat(t)}),${begunRun(t, revision)},
h AS (SELECT done FROM b ${refused}),
${historyAfter(t, `$${known}`, `$${known + 1}`)}`;
}

/**
 * Begins a queued run; `undefined` where the chat has an active run.
 * @param values those of a begin, with the deadline and the sequence number that the chat must still be at
 * @throws MessageIdTakenError, and what `refuseRevision` throws
 */
export async function beginQueued(
  database: KindDatabase,
  chatId: string,
  run: BeginRun,
  values: unknown[],
): Promise<WithHistory<BegunHeader> | undefined> {
  const { revision } = run;
  const sql = revision ? beginQueuedRevisingSql : beginQueuedSql;
  const all = revision ? [...values, ...revisionValues(revision)] : values;
  let refusal: RevisionRefusal | undefined;
  const begin = async (): Promise<WithHistory<BegunHeader>> => {
    const { done, history } = await whileStale(() =>
      withHistory<BegunHeader | RevisionRefusal>(database, sql, chatId, all),
    );
    if (done === null || !('isStale' in done)) return { done, history };
    refusal = done;
    return { done: null, history };
  };
  try {
    const begun = await beginOnce(database, chatId, run, begin);
    if (begun.done === null && refusal && revision) return refuseRevision(refusal, revision, chatId);
    return begun;
  } catch (error) {
    const { activeRunIndex, externalIdIndex } = database.tables;
    if (violatedUnique(error) === activeRunIndex) return undefined;
    if (violatedUnique(error) !== externalIdIndex) throw error;
    throw await messageIdTaken(database, chatId, run.user?.externalId ?? '');
  }
}
