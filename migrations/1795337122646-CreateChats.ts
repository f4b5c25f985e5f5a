import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class CreateChats1795337122646 implements MigrationInterface {
  name = 'CreateChats1795337122646';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "messages" ("id" uuid NOT NULL, "chat_id" uuid NOT NULL, "seq" integer NOT NULL, "run_id" uuid, "role" text NOT NULL, "status" text NOT NULL DEFAULT 'complete', "text" text NOT NULL, "parts" json NOT NULL, "model" text, "finish_reason" text, "superseded_by" uuid, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_18325f38ae6de43878487eff986" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_abe437f3932df45d88bd0a9e07" ON "messages"  ("chat_id", "seq") `);
    await queryRunner.query(
      `CREATE TABLE "chats" ("id" uuid NOT NULL, "owner_id" text, "title" text, "model" text NOT NULL, "params" json NOT NULL DEFAULT '{}', "tools" json, "metadata" json NOT NULL DEFAULT '{}', "agent" text, "agent_inputs" json, "next_seq" integer NOT NULL DEFAULT '0', "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_0117647b3c4a4e5ff198aeb6206" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(`CREATE INDEX "IDX_d77490568a304a4c98dda1c9eb" ON "chats"  ("owner_id", "id") `);
    await queryRunner.query(
      `ALTER TABLE "messages" ADD CONSTRAINT "FK_7540635fef1922f0b156b9ef74f" FOREIGN KEY ("chat_id") REFERENCES "chats"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "messages" DROP CONSTRAINT "FK_7540635fef1922f0b156b9ef74f"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_d77490568a304a4c98dda1c9eb"`);
    await queryRunner.query(`DROP TABLE "chats"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_abe437f3932df45d88bd0a9e07"`);
    await queryRunner.query(`DROP TABLE "messages"`);
  }
}
