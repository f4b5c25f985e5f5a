import { type PoolClient } from 'pg';
import { type DataSource, type EntityManager } from 'typeorm';
import { isRolledBack } from './database-failure.js';
import { CALLER_PATIENCE_MS, resend } from './resend.js';
import { LOCK_TIMEOUT_MS } from './write-deadline.js';

const READ_ONLY_TRANSACTION = '25006';

/** Works in a transaction of TypeORM's, again where the database rolled it back for a passing reason. */
export function inTransaction<T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  const send = (): Promise<T> =>
    dataSource.transaction(async (manager) => {
      try {
        await manager.query(`SELECT set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true)`);
        return await work(manager);
      } catch (error) {
        if ((error as { code?: string }).code === READ_ONLY_TRANSACTION) await endConnection(manager);
        throw error;
      }
    });
  return resend(send, CALLER_PATIENCE_MS, isRolledBack);
}

/** A session that began read-only may stay so after the database has become writable, so its connection is closed. */
async function endConnection({ queryRunner }: EntityManager): Promise<void> {
  const client = (await queryRunner?.connect()) as PoolClient & { end: () => Promise<void> };
  void client.end();
}
