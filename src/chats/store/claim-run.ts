import { type RunInput } from '../../runs/run-options.js';
import { type TakeOverRun } from '../../runs/continue-run.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { resend } from './resend.js';

/** How often a run is taken over at most: one that kills its process would do so for ever. */
const MAX_TAKEOVERS = 2;
/** No run is taken over later than this after its start, or after the last decision on one of its calls. */
const MAX_AGE = '10 minutes';

/** A run that now belongs to this instance. */
export interface ClaimedRun {
  fence: number;
  /** Whether it was cancelled meanwhile. */
  isCancelled: boolean;
  /** Whether it was taken over too often, or too late. A run that was handed over never is. */
  isSpent: boolean;
  /** Whether it was this instance's own before. */
  wasOwn: boolean;
  input: RunInput | null;
}

/**
 * Gives the run `$1` to the instance `$3`: the last to move the fence owns the run's end. It counts as a takeover where the
 * run may continue, which `$4` says. Safe to send twice, since one process takes a run over once at a time; a second try
 * cannot tell whether the first one was a takeover too many, and lets the run continue.
 */
function claimRunSql({ runs, toolCalls }: KindTables): string {
  const lastDecision = `(SELECT max(c.decided_at) FROM ${toolCalls} c WHERE c.run_id = t.id)`;
  return `
WITH o AS MATERIALIZED (SELECT r.id, r.instance_id, r.fence, r.takeovers FROM ${runs} r WHERE r.id = $1 FOR UPDATE)
UPDATE ${runs} t
   SET fence = $2 + 1, instance_id = $3,
       takeovers = CASE WHEN $4::boolean AND t.cancel_requested_at IS NULL AND o.instance_id IS NOT NULL AND o.fence = $2
                        THEN least(t.takeovers + 1, ${MAX_TAKEOVERS}) ELSE t.takeovers END
  FROM o
 WHERE t.id = o.id AND t.status = 'running' AND (t.fence = $2 OR t.fence = $2 + 1 AND t.instance_id = $3)
RETURNING t.fence, t.input, coalesce(o.instance_id = $3, false) AS "wasOwn", t.cancel_requested_at IS NOT NULL AS "isCancelled",
          o.instance_id IS NOT NULL AND (o.fence = $2 AND o.takeovers >= ${MAX_TAKEOVERS}
            OR greatest(t.started_at, ${lastDecision}) < clock_timestamp() - interval '${MAX_AGE}') AS "isSpent"`;
}

/** Claims a run, unless another instance was faster. */
export async function claimRun(database: KindDatabase, run: TakeOverRun): Promise<ClaimedRun | undefined> {
  const values = [run.runId, run.fence, run.instanceId, run.mayContinue];
  const [claimed] = await resend(() => database.rows<ClaimedRun>(claimRunSql, values));
  return claimed;
}
