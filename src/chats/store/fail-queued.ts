import { type Problem } from '../../errors/problem.js';
import { noUsage } from '../../messages/usage.js';
import { finalEvents } from '../../runs/final-events.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { resend } from './resend.js';

/** Ends the run `$2`, unless it is not queued any more; that it is queued was its first event. */
function failQueuedSql(t: KindTables): string {
  return `
WITH r AS (
  UPDATE ${t.runs} SET status = 'failed', finished_at = now(), error = $3::json, last_event_index = json_array_length($4::json)
   WHERE id = $2 AND chat_id = $1 AND status = 'queued' RETURNING id),
e AS (INSERT INTO ${t.events} (run_id, first_index, events) SELECT id, 1, $4::json FROM r)
SELECT FROM r`;
}

/** Ends a queued run that cannot begin; its followers are told why. */
export async function failQueued(
  database: KindDatabase,
  chatId: string,
  runId: string,
  problem: Problem,
): Promise<void> {
  const events = finalEvents({ status: 'failed', error: problem, answerUsage: noUsage, usage: noUsage }, null);
  const values = [chatId, runId, JSON.stringify(problem), JSON.stringify(events)];
  await resend(() => database.rows(failQueuedSql, values));
}
