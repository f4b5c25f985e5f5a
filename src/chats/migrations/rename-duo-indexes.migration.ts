import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { dataSourceOf, FIRST_INDEXES, namesOf } from './first-indexes.js';

/** Renames the indexes of 0.1.0 after their tables. */
export class RenameDuoIndexes1795683600000 implements MigrationInterface {
  readonly name = 'RenameDuoIndexes1795683600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const index of FIRST_INDEXES) {
      const { table, name } = namesOf(dataSourceOf(queryRunner), index);
      await renameIndex(queryRunner, table, index.fixedName, name);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const index of FIRST_INDEXES) {
      const { table, name } = namesOf(dataSourceOf(queryRunner), index);
      await renameIndex(queryRunner, table, name, index.fixedName);
    }
  }
}

/** Renames the table's index of that name, if there is one: it may belong to another installation's table. */
async function renameIndex(queryRunner: QueryRunner, table: string, from: string, to: string): Promise<void> {
  const indexes = (await queryRunner.query(
    `SELECT i.oid::regclass AS name FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
      WHERE x.indrelid = $1::regclass AND i.relname = $2`,
    [table, from],
  )) as { name: string }[];
  for (const { name } of indexes) await queryRunner.query(`ALTER INDEX ${name} RENAME TO "${to}"`);
}
