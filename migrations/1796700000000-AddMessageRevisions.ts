import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class AddMessageRevisions1796700000000 implements MigrationInterface {
  name = 'AddMessageRevisions1796700000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "messages" ADD "external_id" text, ADD "superseded_at" TIMESTAMP WITH TIME ZONE`,
    );
    await queryRunner.query(`UPDATE "messages" SET "superseded_at" = now() WHERE "superseded_by" IS NOT NULL`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_4e43c4ef971a323e1e78a20d81" ON "messages" ("chat_id", "external_id") WHERE external_id IS NOT NULL AND superseded_at IS NULL`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "public"."IDX_4e43c4ef971a323e1e78a20d81"`);
    await queryRunner.query(`ALTER TABLE "messages" DROP COLUMN "superseded_at", DROP COLUMN "external_id"`);
  }
}
