import { type EndedAttempt, type RunKey } from '../../runs/run-progress.interface.js';
import { violatedUnique } from './database-failure.js';
import { explainLostRun } from './explain-lost-run.js';
import { type KindDatabase, type KindSql } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { resend, RUN_PATIENCE_MS } from './resend.js';
import { lockTimeout } from './write-deadline.js';

/** `owned` is 0 where the run was taken over, has ended or is gone; `seqs` are those of the stored messages, in order. */
interface OwnedRow {
  owned: number;
  seqs: number[];
}

/**
 * The beginning of a statement that locks the chat `$1` and then its run `$2`; the CTE `f` has a row if the fence `$3`
 * still holds. A takeover waits for the lock of the run, and so sees what the statement has written.
 */
export function ownedRun({ chats, chat, runs }: KindTables): string {
  return `WITH ${lockTimeout},
l AS MATERIALIZED (SELECT t.${chat('id')} FROM ${chats} t, s WHERE t.${chat('id')} = $1 FOR NO KEY UPDATE OF t),
f AS MATERIALIZED (
  SELECT r.chat_id FROM ${runs} r, (SELECT count(*) FROM l) l
   WHERE r.id = $2 AND r.fence = $3 AND r.status = 'running' FOR NO KEY UPDATE OF r)`;
}

/**
 * The end of a statement that begins with `ownedRun` and stores messages in the CTE `m`: an `OwnedRow`. It includes
 * messages that an earlier try has stored, which the statement's own snapshot does not show.
 */
export function ownedResult({ messages, message }: KindTables, ids: string): string {
  return `SELECT (SELECT count(*)::int FROM f) AS owned,
       ARRAY(SELECT seq FROM m UNION ALL SELECT m.${message('seq')} FROM ${messages} m WHERE m.${message('id')} = ANY(${ids}) ORDER BY 1) AS seqs`;
}

/**
 * Stores messages of a run in progress, again and again while the database fails for a passing reason.
 * @param attempt the attempt that the statement ends, if any
 * @returns the sequence numbers of the messages; none when the chat was deleted
 * @throws ChatNotFoundError, RunLostError
 */
export function saveOwned(
  database: KindDatabase,
  sql: KindSql,
  key: RunKey,
  attempt: EndedAttempt | null,
  values: unknown[],
): Promise<number[]> {
  const send = (): Promise<OwnedRow[]> => database.rows<OwnedRow>(sql, [key.chatId, key.runId, key.fence, ...values]);
  return resend(async (isResent) => {
    const [row] = await send().catch((error: unknown) => {
      // An earlier try, still under way, has stored its messages just before this one: the next try sees them.
      if (isResent && violatedUnique(error) !== undefined) return send();
      throw error;
    });
    if (row?.owned !== 1) throw await explainLostRun(database, key, attempt);
    return row.seqs;
  }, RUN_PATIENCE_MS);
}
