import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class AddPrefixDigest1796050800000 implements MigrationInterface {
  name = 'AddPrefixDigest1796050800000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "messages" ADD "prefix_digest" text`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "messages" DROP COLUMN "prefix_digest"`);
  }
}
