import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { DuoAttempt } from '../entities/duo-attempt.entity.js';
import { tableOf } from '../store/kind-tables.js';
import { dataSourceOf } from './first-indexes.js';

const COLUMNS = ['run_id', 'chat_kind', 'chat_id'];

/** Lets the ledger have requests that belong to no chat. */
export class AllowChatlessAttempts1796900000000 implements MigrationInterface {
  readonly name = 'AllowChatlessAttempts1796900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const attempts = tableOf(dataSourceOf(queryRunner), DuoAttempt);
    const changes = COLUMNS.map((column) => `ALTER COLUMN "${column}" DROP NOT NULL`);
    await queryRunner.query(`ALTER TABLE ${attempts} ${changes.join(', ')}`);
  }

  /** Deletes the requests that belong to no chat: the columns could not say so. */
  async down(queryRunner: QueryRunner): Promise<void> {
    const attempts = tableOf(dataSourceOf(queryRunner), DuoAttempt);
    await queryRunner.query(`DELETE FROM ${attempts} WHERE "run_id" IS NULL`);
    const changes = COLUMNS.map((column) => `ALTER COLUMN "${column}" SET NOT NULL`);
    await queryRunner.query(`ALTER TABLE ${attempts} ${changes.join(', ')}`);
  }
}
