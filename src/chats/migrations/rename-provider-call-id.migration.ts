import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { DuoToolCall } from '../entities/duo-tool-call.entity.js';
import { tableOf } from '../store/kind-tables.js';
import { dataSourceOf } from './first-indexes.js';

/** Renames the vendor's id of a call to what it is called everywhere else. */
export class RenameProviderCallId1796400000000 implements MigrationInterface {
  readonly name = 'RenameProviderCallId1796400000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE ${tableOf(dataSourceOf(queryRunner), DuoToolCall)} RENAME COLUMN "call_id" TO "provider_call_id"`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE ${tableOf(dataSourceOf(queryRunner), DuoToolCall)} RENAME COLUMN "provider_call_id" TO "call_id"`,
    );
  }
}
