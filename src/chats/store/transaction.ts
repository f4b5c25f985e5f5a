import { type PoolClient } from 'pg';
import { type DataSource, type EntityManager } from 'typeorm';
import { LOCK_TIMEOUT_MS } from './lock-timeout.js';

const READ_ONLY_TRANSACTION = '25006';

/** Works in a transaction of TypeORM's, which does not wait for ever for a row that another holds. */
export function inTransaction<T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  return dataSource.transaction(async (manager) => {
    try {
      await manager.query(`SELECT set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true)`);
      return await work(manager);
    } catch (error) {
      if ((error as { code?: string }).code === READ_ONLY_TRANSACTION) await endConnection(manager);
      throw error;
    }
  });
}

/** A session that began read-only may stay so when the database no longer is: its connection is not to be used again. */
async function endConnection({ queryRunner }: EntityManager): Promise<void> {
  const client = (await queryRunner?.connect()) as PoolClient & { end: () => Promise<void> };
  void client.end();
}
