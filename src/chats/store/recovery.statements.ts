import { type KindTables } from './kind-tables.js';
import { type Statement, statement } from './sql-client.js';

/** The active run of a chat. `is_dead`: the lease of its instance has run out; one that waits for a person has none. */
export interface ActiveRunRow {
  id: string;
  fence: number;
  status: string;
  instance_id: string | null;
  is_dead: boolean;
}

/** Reads the active run of a chat, and whether its instance's lease has run out by the database's clock. */
export function activeRunStatement(t: KindTables): Statement {
  return statement(`
SELECT r.id, r.fence, r.status, r.instance_id, (i.expires_at IS NULL OR i.expires_at < clock_timestamp()) AS is_dead
  FROM ${t.runs} r LEFT JOIN ${t.instances} i ON i.id = r.instance_id
 WHERE r.chat_kind = $1 AND r.chat_id = $2 AND r.status IN ('running', 'awaiting_approval')`);
}

/** Takes a run over: whoever moves the fence owns the run's end. */
export function claimStatement(t: KindTables): Statement {
  return statement(`
WITH r AS (
  UPDATE ${t.runs} SET fence = fence + 1, instance_id = $3 WHERE id = $1 AND fence = $2 AND status = 'running' RETURNING fence)
SELECT fence FROM r`);
}

/** Ends a claimed run as interrupted; what its pending attempts cost stays unknown. */
export function interruptStatement(t: KindTables): Statement {
  return statement(`
WITH l AS MATERIALIZED (SELECT ${t.chat('id')} FROM ${t.chats} WHERE ${t.chat('id')} = $1 FOR NO KEY UPDATE),
r AS (
  UPDATE ${t.runs} r SET status = 'interrupted', finished_at = now(), error = $4::json FROM (SELECT count(*) FROM l) l
   WHERE r.id = $2 AND r.fence = $3 AND r.status = 'running' RETURNING r.id),
a AS (UPDATE ${t.attempts} t SET status = 'unknown' FROM r WHERE t.run_id = r.id AND t.status = 'pending')
SELECT id FROM r`);
}
