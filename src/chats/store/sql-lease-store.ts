import { type LeaseStore } from '../../runs/run-store.interface.js';
import { onDatabase, resend } from './database-error.js';
import { type SqlClient, statement } from './sql-client.js';

/** The leases of instances, in the table of a data source. */
export class SqlLeaseStore implements LeaseStore {
  private readonly renewal;
  private readonly removal;

  constructor(
    private readonly client: SqlClient,
    table: string,
  ) {
    this.renewal = statement(
      `WITH gone AS (DELETE FROM ${table} WHERE expires_at < clock_timestamp() - interval '1 hour') INSERT INTO ${table} (id, expires_at) VALUES ($1, clock_timestamp() + $2 * interval '1 millisecond') ` +
        'ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at',
    );
    this.removal = statement(`DELETE FROM ${table} WHERE id = $1`);
  }

  async renew(instanceId: string, ttlMs: number): Promise<void> {
    await onDatabase(() => resend(() => this.client.rows(this.renewal, [instanceId, ttlMs])));
  }

  async release(instanceId: string): Promise<void> {
    await this.client.rows(this.removal, [instanceId]);
  }
}
