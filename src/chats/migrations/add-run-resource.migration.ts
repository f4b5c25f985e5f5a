import { type DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { DuoIdempotencyKey } from '../entities/duo-idempotency-key.entity.js';
import { DuoInstance } from '../entities/duo-instance.entity.js';
import { DuoRun } from '../entities/duo-run.entity.js';
import { tableOf } from '../store/kind-tables.js';
import { dataSourceOf } from './first-indexes.js';

/** An index that this migration creates: the entity, its columns and its condition. */
type NewIndex = [entity: abstract new () => object, columns: string[], where?: string];

const KEY_INDEX: NewIndex = [DuoRun, ['chat_kind', 'chat_id', 'idempotency_key']];
const NEW_INDEXES: NewIndex[] = [
  [DuoRun, ['chat_kind', 'chat_id', 'queue_rank', 'id'], "status = 'queued'"],
  [DuoRun, ['instance_id'], "status = 'running'"],
  [DuoRun, ['owner_id'], "status IN ('queued', 'running')"],
  [DuoIdempotencyKey, ['run_id']],
];

/** Makes the run a resource: queued runs, takeovers, followers on other instances, and idempotency keys of their own. */
export class AddRunResource1796600000000 implements MigrationInterface {
  readonly name = 'AddRunResource1796600000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const dataSource = dataSourceOf(queryRunner);
    const runs = tableOf(dataSource, DuoRun);
    // The index on them goes with them, whatever its name.
    await queryRunner.query(`ALTER TABLE ${runs} DROP COLUMN "idempotency_key", DROP COLUMN "request_hash"`);
    await queryRunner.query(
      `ALTER TABLE ${runs} ADD "takeovers" integer NOT NULL DEFAULT '0', ADD "queue_rank" integer NOT NULL DEFAULT '0', ADD "followed_by" jsonb`,
    );
    await queryRunner.query(
      `ALTER TABLE ${tableOf(dataSource, DuoInstance)} ADD "has_session" boolean NOT NULL DEFAULT false`,
    );
    await queryRunner.query(
      `CREATE TABLE ${tableOf(dataSource, DuoIdempotencyKey)} ("chat_kind" text NOT NULL, "chat_id" uuid NOT NULL, "key" text NOT NULL, "request_hash" text NOT NULL, "run_id" uuid NOT NULL, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), PRIMARY KEY ("chat_kind", "chat_id", "key"))`,
    );
    for (const index of NEW_INDEXES) await queryRunner.query(createIndex(dataSource, index));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const dataSource = dataSourceOf(queryRunner);
    const runs = tableOf(dataSource, DuoRun);
    await queryRunner.query(`DROP TABLE ${tableOf(dataSource, DuoIdempotencyKey)}`);
    await queryRunner.query(`ALTER TABLE ${tableOf(dataSource, DuoInstance)} DROP COLUMN "has_session"`);
    await queryRunner.query(
      `ALTER TABLE ${runs} DROP COLUMN "followed_by", DROP COLUMN "queue_rank", DROP COLUMN "takeovers"`,
    );
    await queryRunner.query(`ALTER TABLE ${runs} ADD "idempotency_key" text, ADD "request_hash" text`);
    await queryRunner.query(createIndex(dataSource, KEY_INDEX, 'UNIQUE '));
    // Those of the dropped columns are gone with them; the other two are on columns that stay.
    for (const [entity, columns, where] of NEW_INDEXES.slice(1, 3)) {
      const { tableName } = dataSource.getMetadata(entity);
      const index = dataSource.namingStrategy.indexName(tableName, columns, where);
      await queryRunner.query(`DROP INDEX IF EXISTS ${schemaOf(runs)}"${index}"`);
    }
  }
}

function createIndex(dataSource: DataSource, [entity, columns, where]: NewIndex, unique = ''): string {
  const { tableName } = dataSource.getMetadata(entity);
  const name = dataSource.namingStrategy.indexName(tableName, columns, where);
  const condition = where === undefined ? '' : ` WHERE ${where}`;
  return `CREATE ${unique}INDEX "${name}" ON ${tableOf(dataSource, entity)} (${columns.join(', ')})${condition}`;
}

/** The schema in the path of a table, with its dot; empty where it has none. */
function schemaOf(table: string): string {
  return table.slice(0, table.lastIndexOf('"', table.length - 2));
}
