import { type RunEventBatch } from '../../runs/live-run.js';
import { type LoggedBatch, type RunLog } from '../../runs/run-log.interface.js';
import { onDatabase } from './database-error.js';
import { type SqlClient, statement } from './sql-client.js';

/** How many batches one statement deletes at most. */
const MAX_CLEARED = 1_000;
/** How many batches one statement reads at most. */
const MAX_READ = 64;
/** For how long a run counts as followed since that was said last. */
const FOLLOWED_S = 10;

/** The log of runs in a table. */
export class SqlRunLog implements RunLog {
  private readonly insert;
  private readonly selection;
  private readonly mark;
  private readonly look;
  private readonly removal;

  constructor(
    private readonly client: SqlClient,
    events: string,
    runs: string,
  ) {
    this.insert = statement(`
WITH s AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
b AS MATERIALIZED (
  SELECT x."runId" AS run_id, x."firstIndex" AS first_index, x.events
    FROM s CROSS JOIN json_to_recordset($1::json) AS x ("runId" uuid, fence int, "firstIndex" int, events json)
    JOIN ${runs} r ON r.id = x."runId" AND r.fence = x.fence AND r.status = 'running'),
i AS (INSERT INTO ${events} (run_id, first_index, events) SELECT run_id, first_index, events FROM b ON CONFLICT DO NOTHING)
SELECT run_id FROM b`);
    this.selection = statement(`
WITH e AS MATERIALIZED (
  SELECT e.first_index, e.events, json_array_length(e.events) AS n FROM ${events} e
   WHERE e.run_id = $1
     AND e.first_index >= coalesce((SELECT max(p.first_index) FROM ${events} p WHERE p.run_id = $1 AND p.first_index <= $2), 0)
   ORDER BY e.first_index LIMIT ${MAX_READ}),
c AS (SELECT e.*, sum(e.n) OVER (ORDER BY e.first_index) - e.n AS before FROM e WHERE e.first_index + e.n > $2)
SELECT c.first_index AS "firstIndex", c.events FROM c WHERE c.before < $3 ORDER BY c.first_index`);
    this.mark = statement(`
UPDATE ${runs} SET followed_by = coalesce(followed_by, '{}') || jsonb_build_object($2::text, clock_timestamp() + interval '${FOLLOWED_S} s')
 WHERE id = $1`);
    this.look = statement(
      `SELECT ${isFollowedElsewhere('r', '$2::text')} AS "isFollowed" FROM ${runs} r WHERE r.id = $1`,
    );
    // Ids are times, so the range holds only old runs; a subquery per row keeps the planner from scanning all runs.
    this.removal = statement(`
WITH old AS MATERIALIZED (
  SELECT e.run_id, e.first_index FROM ${events} e
   WHERE e.run_id < $1
     AND coalesce((SELECT r.finished_at IS NOT NULL AND r.finished_at < clock_timestamp() - $2 * interval '1 millisecond'
                     FROM ${runs} r WHERE r.id = e.run_id), true)
   ORDER BY e.run_id LIMIT ${MAX_CLEARED} FOR UPDATE OF e SKIP LOCKED),
d AS (DELETE FROM ${events} e USING old WHERE e.run_id = old.run_id AND e.first_index = old.first_index)
SELECT count(*)::int AS cleared FROM old`);
  }

  async append(batches: readonly LoggedBatch[]): Promise<ReadonlySet<string>> {
    const values = [JSON.stringify(batches)];
    const rows = await onDatabase(() => this.client.rows<{ run_id: string }>(this.insert, values));
    return new Set(rows.map(({ run_id }) => run_id));
  }

  read(runId: string, from: number, limit: number): Promise<RunEventBatch[]> {
    const values = [runId, from, limit];
    return onDatabase(() => this.client.rows<RunEventBatch>(this.selection, values));
  }

  async follow(runId: string, instanceId: string): Promise<void> {
    await onDatabase(() => this.client.rows(this.mark, [runId, instanceId]));
  }

  async isFollowedElsewhere(runId: string, instanceId: string): Promise<boolean> {
    const values = [runId, instanceId];
    const [row] = await onDatabase(() => this.client.rows<{ isFollowed: boolean }>(this.look, values));
    return row?.isFollowed ?? false;
  }

  async clear(keptMs: number): Promise<boolean> {
    const values = [firstIdAt(Date.now() - keptMs), keptMs];
    const [row] = await onDatabase(() => this.client.rows<{ cleared: number }>(this.removal, values));
    return row?.cleared === MAX_CLEARED;
  }
}

/** The condition that another instance than this one follows the run in this row. */
export function isFollowedElsewhere(run: string, instanceId: string): string {
  return `EXISTS (SELECT FROM jsonb_each_text(${run}.followed_by) f WHERE f.key <> ${instanceId} AND f.value::timestamptz > clock_timestamp())`;
}

/** The smallest UUIDv7 of a moment. */
function firstIdAt(time: number): string {
  const digits = time.toString(16).padStart(12, '0').padEnd(32, '0');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
