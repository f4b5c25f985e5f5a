import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class AddExternalIds1796600000001 implements MigrationInterface {
  name = 'AddExternalIds1796600000001';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "chats" ADD "external_id" text`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_01e46283de937fdc0c26ce13b2" ON "chats" ("owner_id", "external_id") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_5f2a154fe448fafae9d6aeb3ca" ON "chats" ("external_id") WHERE owner_id IS NULL`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "public"."IDX_5f2a154fe448fafae9d6aeb3ca"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_01e46283de937fdc0c26ce13b2"`);
    await queryRunner.query(`ALTER TABLE "chats" DROP COLUMN "external_id"`);
  }
}
