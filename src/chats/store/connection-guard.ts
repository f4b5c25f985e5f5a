import { type Pool, type PoolClient } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { checkDatabaseUrl } from '../wiring-errors.js';

/** What TypeORM's driver for PostgreSQL has, in 0.3 and 1.x, but does not declare. */
interface PooledDriver {
  master: Pool | undefined;
  slaves: Pool[];
  createPool(...credentials: unknown[]): Promise<Pool>;
}

const guardedDrivers = new WeakSet<PooledDriver>();
const guardedClients = new WeakSet<PoolClient>();

/**
 * Creates a data source whose connections may end at any time, also while it connects for the first time: the module
 * can guard any other data source only after that.
 * @example
 * TypeOrmModule.forRootAsync({ useFactory: () => options, dataSourceFactory: createDuoDataSource })
 * @publicApi
 */
export function createDuoDataSource(options?: DataSourceOptions): Promise<DataSource> {
  return new Promise((resolve) => {
    checkDatabaseUrl(options);
    // Optional only in Nest's type; TypeORM explains what is wrong without them.
    const dataSource = new DataSource(options as DataSourceOptions);
    guardConnections(dataSource);
    resolve(dataSource);
  });
}

/**
 * Gives each client of a data source's pools a permanent `error` listener, clients of later pools included.
 *
 * pg-pool removes its own listener before it hands a client out, and TypeORM adds one in a later microtask. A connection
 * that ends in between (the server's last message came together with the end of the reply before) emits an `error` without
 * a listener, which ends the process. Whatever holds the client gets the error from its next statement.
 */
export function guardConnections(dataSource: DataSource): void {
  const driver = dataSource.driver as unknown as PooledDriver;
  if (guardedDrivers.has(driver)) return;
  guardedDrivers.add(driver);
  for (const pool of [driver.master, ...driver.slaves]) if (pool) guardPool(pool);
  const createPool = driver.createPool.bind(driver);
  driver.createPool = async (...credentials) => {
    const pool = await createPool(...credentials);
    guardPool(pool);
    return pool;
  };
}

/** The pool emits `acquire` while its own listener is still there. */
function guardPool(pool: Pool): void {
  pool.on('acquire', (client) => {
    if (guardedClients.has(client)) return;
    guardedClients.add(client);
    client.on('error', () => undefined);
  });
}
