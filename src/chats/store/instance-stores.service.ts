import { Injectable } from '@nestjs/common';
import { type DataSource } from 'typeorm';
import { type RunLog } from '../../runs/run-log.interface.js';
import { type LeaseStore } from '../../runs/lease-store.interface.js';
import { DuoInstance } from '../entities/duo-instance.entity.js';
import { DuoRunEvent } from '../entities/duo-run-event.entity.js';
import { DuoRun } from '../entities/duo-run.entity.js';
import { guardConnections } from './connection-guard.js';
import { DatabaseClock } from './write-deadline.js';
import { tableOf } from './kind-tables.js';
import { SqlClient } from './sql-client.js';
import { SqlLeaseStore } from './sql-lease-store.js';
import { SqlRunLog } from './sql-run-log.js';

/** What the runs of all kinds of chat in a data source share. */
export interface InstanceStore {
  leases: LeaseStore;
  log: RunLog;
  clock: DatabaseClock;
}

/** One store per data source. */
@Injectable()
export class InstanceStores {
  private readonly stores = new WeakMap<DataSource, InstanceStore>();

  of(dataSource: DataSource): InstanceStore {
    let store = this.stores.get(dataSource);
    if (store === undefined) {
      const client = new SqlClient(dataSource);
      guardConnections(dataSource);
      const clock = new DatabaseClock();
      const runs = tableOf(dataSource, DuoRun);
      store = {
        leases: new SqlLeaseStore(client, { instances: tableOf(dataSource, DuoInstance), runs }, clock),
        log: new SqlRunLog(client, tableOf(dataSource, DuoRunEvent), runs),
        clock,
      };
      this.stores.set(dataSource, store);
    }
    return store;
  }
}
