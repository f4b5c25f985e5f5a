import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class AddFinishDetail1796137200000 implements MigrationInterface {
  name = 'AddFinishDetail1796137200000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "messages" ADD "finish_detail" json`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "messages" DROP COLUMN "finish_detail"`);
  }
}
