import { type ReleaseRun } from '../../runs/continue-run.interface.js';
import { explainLostRun, readRunState } from './explain-lost-run.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { resend, CALLER_PATIENCE_MS } from './resend.js';
import { attemptValues, endAttempt } from './save-attempt.js';
import { lockTimeout } from './write-deadline.js';

/** Takes a run from its instance, unless its fence has moved, and stores the end of its log and of its attempt. */
function releaseRunSql(t: KindTables): string {
  return `
WITH ${lockTimeout},
l AS MATERIALIZED (SELECT t.${t.chat('id')} FROM ${t.chats} t, s WHERE t.${t.chat('id')} = $1 FOR NO KEY UPDATE OF t),
f AS (
  UPDATE ${t.runs} r SET instance_id = NULL FROM (SELECT count(*) FROM l) l
   WHERE r.id = $2 AND r.fence = $3 AND r.status = 'running' AND r.instance_id IS NOT NULL RETURNING r.id),
e AS (
  INSERT INTO ${t.events} (run_id, first_index, events)
  SELECT f.id, b."firstIndex", b.events FROM f, json_to_recordset($4::json) AS b ("firstIndex" int, events json)
  ON CONFLICT DO NOTHING),
a AS (${endAttempt(t, 5)} FROM f WHERE t.id = $5)
SELECT count(*)::int AS owned FROM f`;
}

/**
 * Gives a run back, to be continued by another instance.
 * @throws ChatNotFoundError, RunLostError
 */
export async function releaseRun(database: KindDatabase, run: ReleaseRun): Promise<void> {
  const { sent, fresh } = run.unlogged;
  const batches = [sent, fresh].filter((batch) => batch !== undefined && batch.events.length > 0);
  const values = [run.chatId, run.runId, run.fence, JSON.stringify(batches), ...attemptValues(run.attempt)];
  await resend(async (isResent) => {
    const [row] = await database.rows<{ owned: number }>(releaseRunSql, values);
    if (row?.owned === 1) return;
    const state = isResent ? await readRunState(database, run.runId) : undefined;
    if (state?.fence !== run.fence) throw await explainLostRun(database, run, run.attempt);
  }, CALLER_PATIENCE_MS);
}
