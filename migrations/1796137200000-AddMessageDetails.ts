import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class AddMessageDetails1796137200000 implements MigrationInterface {
  name = 'AddMessageDetails1796137200000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "messages" ADD "finish_detail" json, ADD "prefix_digest" text`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "messages" DROP COLUMN "prefix_digest", DROP COLUMN "finish_detail"`);
  }
}
