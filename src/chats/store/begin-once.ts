import { type BeginRun } from '../../runs/begin-run.interface.js';
import { type BegunHeader, headerColumns, headerJson } from './begin-sql.js';
import { violatedUnique } from './database-failure.js';
import { historyAfter, type WithHistory, withHistory } from './history.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { resend } from './resend.js';

type Begun = WithHistory<BegunHeader>;

/** The run `$2`, if the instance `$3` works it: an earlier try of the same begin has stored it. */
function begunBeforeSql(t: KindTables): string {
  return `
WITH h AS (
  SELECT ${headerJson(headerColumns(t, 'r', 'c'))} AS done
    FROM ${t.runs} r JOIN ${t.chats} c ON c.${t.chat('id')} = r.chat_id
   WHERE r.id = $2 AND r.status = 'running' AND r.instance_id IS NOT DISTINCT FROM $3::uuid),
${historyAfter(t, '$4', '$5')}`;
}

/**
 * Sends the statement that begins a run; sends it again where the connection was lost before its answer came, and then
 * recognises the run that the first try has stored.
 */
export function beginOnce(
  database: KindDatabase,
  chatId: string,
  { runId, instanceId }: BeginRun,
  begin: () => Promise<Begun>,
): Promise<Begun> {
  const values = [chatId, runId, instanceId];
  const begunBefore = (): Promise<Begun> => withHistory(database, begunBeforeSql, chatId, values);
  return resend((isResent) => (isResent ? beginAgain(begin, begunBefore) : begin()));
}

/** Begins after a try that may have stored the run, or that may store it while this one is under way. */
async function beginAgain(begin: () => Promise<Begun>, begunBefore: () => Promise<Begun>): Promise<Begun> {
  const before = await begunBefore();
  if (before.done) return before;
  try {
    const now = await begin();
    return now.done ? now : await begunBefore();
  } catch (error) {
    const after = violatedUnique(error) === undefined ? undefined : await begunBefore();
    if (after?.done) return after;
    throw error;
  }
}
