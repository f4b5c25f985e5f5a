import { type LeaseStore } from '../../runs/run-store.interface.js';
import { type DatabaseClock } from './write-deadline.js';
import { onDatabase } from './database-error.js';
import { resend } from './resend.js';
import { type SqlClient, statement } from './sql-client.js';

/** The leases of instances in a table; each renewal reads the database's clock. */
export class SqlLeaseStore implements LeaseStore {
  private readonly renewal;
  private readonly removal;

  constructor(
    private readonly client: SqlClient,
    table: string,
    private readonly clock: DatabaseClock,
  ) {
    this.renewal = statement(
      `WITH gone AS (DELETE FROM ${table} WHERE expires_at < clock_timestamp() - interval '1 hour') INSERT INTO ${table} (id, expires_at) VALUES ($1, clock_timestamp() + $2 * interval '1 millisecond') ` +
        'ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at RETURNING extract(epoch FROM clock_timestamp())::float8 * 1000 AS now',
    );
    this.removal = statement(`DELETE FROM ${table} WHERE id = $1`);
  }

  async renew(instanceId: string, ttlMs: number): Promise<void> {
    const renew = () => this.client.rows<{ now: number }>(this.renewal, [instanceId, ttlMs]);
    for (const { now } of await onDatabase(() => resend(renew))) this.clock.observe(now);
  }

  async release(instanceId: string): Promise<void> {
    await this.client.rows(this.removal, [instanceId]);
  }
}
