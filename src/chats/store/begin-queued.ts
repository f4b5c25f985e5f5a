import { type BeginRun } from '../../runs/begin-run.interface.js';
import { beginOnce } from './begin-once.js';
import { type BegunHeader, begunRun, changedChat, chatChanges } from './begin-sql.js';
import { violatedUnique } from './database-failure.js';
import { messageIdTaken } from './find-message-run.js';
import { historyAfter, type WithHistory, withHistory } from './history.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { lockTimeoutUntil } from './write-deadline.js';

/**
 * Makes a queued run the active one, and stores what an insert of a new run would store with it. The chat is locked before
 * the run, and changed only if the run is still queued.
 */
function beginQueuedSql(t: KindTables): string {
  const { chat } = t;
  return `
WITH ${lockTimeoutUntil('$21')},
l AS MATERIALIZED (
  SELECT t.${chat('id')} AS id, t.${chat('model')} AS model FROM ${t.chats} t, s
   WHERE ${t.isChatOf('t', '$1', '$2')} AND ($22::int IS NULL OR t.${chat('nextSeq')} = $22) FOR NO KEY UPDATE OF t),
r AS (
  UPDATE ${t.runs} r SET status = 'running', instance_id = $6, started_at = now(), model = coalesce($5, $7::text, l.model),
         tools = $17::json, input = $19::json
    FROM l WHERE r.id = $3 AND r.chat_kind = $4 AND r.chat_id = l.id AND r.status = 'queued' RETURNING r.id, r.model, r.tools),
c AS MATERIALIZED (
  UPDATE ${t.chats} t SET ${chatChanges(t)}
    FROM l, r WHERE t.${chat('id')} = l.id
  RETURNING ${changedChat(t)}),${begunRun(t)},
h AS (SELECT done FROM b),
${historyAfter(t, '$23', '$24')}`;
}

/**
 * Begins a queued run; `undefined` where the chat has an active run.
 * @param values those of a begin, with the deadline and the sequence number that the chat must still be at
 * @throws MessageIdTakenError
 */
export async function beginQueued(
  database: KindDatabase,
  chatId: string,
  run: BeginRun,
  values: unknown[],
): Promise<WithHistory<BegunHeader> | undefined> {
  try {
    return await beginOnce(database, chatId, run, () => withHistory(database, beginQueuedSql, chatId, values));
  } catch (error) {
    const { activeRunIndex, externalIdIndex } = database.tables;
    if (violatedUnique(error) === activeRunIndex) return undefined;
    if (violatedUnique(error) !== externalIdIndex) throw error;
    throw await messageIdTaken(database, chatId, run.user?.externalId ?? '');
  }
}
