import { Injectable } from '@nestjs/common';
import { type DataSource } from 'typeorm';
import { type LeaseStore } from '../../runs/run-store.interface.js';
import { DuoInstance } from '../entities/duo-instance.entity.js';
import { onDatabase, resend } from './database-error.js';
import { SqlClient, statement } from './sql-client.js';
import { tableOf } from './kind-tables.js';

/** One lease store per data source, shared by all kinds of chat in it. */
@Injectable()
export class LeaseStores {
  private readonly stores = new WeakMap<DataSource, LeaseStore>();

  of(dataSource: DataSource): LeaseStore {
    let store = this.stores.get(dataSource);
    if (store === undefined) {
      store = new SqlLeaseStore(new SqlClient(dataSource), tableOf(dataSource, DuoInstance));
      this.stores.set(dataSource, store);
    }
    return store;
  }
}

class SqlLeaseStore implements LeaseStore {
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
