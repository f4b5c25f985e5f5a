import { type DataSource, type QueryRunner } from 'typeorm';
import { DuoAttempt } from '../entities/duo-attempt.entity.js';
import { DuoRun } from '../entities/duo-run.entity.js';
import { DuoToolCall } from '../entities/duo-tool-call.entity.js';
import { tableOf } from '../store/kind-tables.js';

/** An index that `CreateDuoTables` creates. */
interface FirstIndex {
  entity: abstract new () => object;
  columns: string[];
  isUnique?: boolean;
  where?: string;
  /** Its name in 0.1.0, which allowed only one installation in a schema. */
  fixedName: string;
}

export const FIRST_INDEXES: readonly FirstIndex[] = [
  { entity: DuoAttempt, columns: ['owner_id', 'created_at'], fixedName: 'duo_attempts_owner' },
  { entity: DuoAttempt, columns: ['chat_kind', 'chat_id'], fixedName: 'duo_attempts_chat' },
  { entity: DuoAttempt, columns: ['run_id'], fixedName: 'duo_attempts_run' },
  {
    entity: DuoRun,
    columns: ['chat_kind', 'chat_id', 'idempotency_key'],
    isUnique: true,
    fixedName: 'duo_runs_idempotency',
  },
  {
    entity: DuoRun,
    columns: ['chat_kind', 'chat_id'],
    isUnique: true,
    where: "status IN ('running', 'awaiting_approval')",
    fixedName: 'duo_runs_active',
  },
  { entity: DuoToolCall, columns: ['run_id'], fixedName: 'duo_tool_calls_run' },
  { entity: DuoToolCall, columns: ['message_id', 'ordinal'], isUnique: true, fixedName: 'duo_tool_calls_message' },
];

/** The quoted name of an index's table, and the index's name by the data source's naming strategy. */
export function namesOf(
  dataSource: DataSource,
  { entity, columns, where }: FirstIndex,
): Record<'table' | 'name', string> {
  const { tableName } = dataSource.getMetadata(entity);
  return { table: tableOf(dataSource, entity), name: dataSource.namingStrategy.indexName(tableName, columns, where) };
}

export function dataSourceOf(queryRunner: QueryRunner): DataSource {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- TypeORM 0.3 has no other name for it
  return queryRunner.connection;
}
