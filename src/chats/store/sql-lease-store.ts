import { type LeaseStore, type Sweep, type SweepRequest } from '../../runs/lease-store.interface.js';
import { onDatabase } from './database-error.js';
import { InstanceSession } from './instance-session.js';
import { resend } from './resend.js';
import { type SqlClient, statement } from './sql-client.js';
import { sweepSql } from './sweep.js';
import { type DatabaseClock } from './write-deadline.js';

/** How long a lease holds where the session says whether the process lives: a cut network ends it. */
const SESSION_TTL_MS = 60_000;
/** How long a lease holds by itself. */
const TTL_MS = 15_000;

interface Renewal {
  now: number;
  heldMs: number;
}

/** The leases of instances in a table; each renewal reads the database's clock. */
export class SqlLeaseStore implements LeaseStore {
  private readonly session;
  private readonly renewal;
  private readonly removal;
  private readonly finding;

  constructor(
    private readonly client: SqlClient,
    tables: { instances: string; runs: string },
    private readonly clock: DatabaseClock,
  ) {
    const { instances } = tables;
    this.session = new InstanceSession(client);
    this.renewal = statement(`
WITH gone AS (DELETE FROM ${instances} WHERE expires_at < clock_timestamp() - interval '1 hour'),
s AS MATERIALIZED (SELECT coalesce(pg_backend_pid() = $2::int, false) AS is_locked),
t AS (SELECT is_locked, CASE WHEN is_locked THEN ${SESSION_TTL_MS} ELSE ${TTL_MS} END AS ttl FROM s),
r AS (
  INSERT INTO ${instances} AS i (id, expires_at, has_session)
  SELECT $1, clock_timestamp() + ttl * interval '1 millisecond', is_locked FROM t
  ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, has_session = excluded.has_session)
SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now, ttl AS "heldMs" FROM t`);
    this.removal = statement(`DELETE FROM ${instances} WHERE id = $1`);
    this.finding = statement(sweepSql(tables));
  }

  open(instanceId: string, onChange: () => void): void {
    this.session.open(instanceId, onChange);
  }

  async renew(instanceId: string): Promise<number> {
    const { session } = this;
    const renew = async (): Promise<Renewal[]> => {
      await session.lock();
      return session.rows<Renewal>(this.renewal, [instanceId, session.lockedBy]);
    };
    const [renewal] = await onDatabase(() => resend(renew));
    if (renewal === undefined) throw new Error('The renewal of a lease returned nothing.');
    this.clock.observe(renewal.now);
    return renewal.heldMs;
  }

  async release(instanceId: string): Promise<void> {
    try {
      await this.client.rows(this.removal, [instanceId]);
    } finally {
      await this.session.close();
    }
  }

  async sweep({ instanceId, kinds, dead, unstored, working }: SweepRequest): Promise<Sweep> {
    const values = [instanceId, kinds, dead, unstored, working];
    const [found] = await onDatabase(() => this.session.rows<Sweep>(this.finding, values));
    if (found === undefined) throw new Error('A sweep returned nothing.');
    return found;
  }
}
