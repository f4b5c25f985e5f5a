import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class CreateChats1795337122646 implements MigrationInterface {
  name = 'CreateChats1795337122646';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "messages" ("id" uuid NOT NULL, "chat_id" uuid NOT NULL, "seq" integer NOT NULL, "run_id" uuid, "role" text NOT NULL, "status" text NOT NULL DEFAULT 'complete', "text" text NOT NULL, "parts" json NOT NULL, "model" text, "finish_reason" text, "superseded_by" uuid, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_18325f38ae6de43878487eff986" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_abe437f3932df45d88bd0a9e07" ON "messages"  ("chat_id", "seq") `);
    await queryRunner.query(
      `CREATE TABLE "chats" ("id" uuid NOT NULL, "owner_id" text, "title" text, "model" text NOT NULL, "params" json NOT NULL DEFAULT '{}', "metadata" json NOT NULL DEFAULT '{}', "agent" text, "next_seq" integer NOT NULL DEFAULT '0', "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_0117647b3c4a4e5ff198aeb6206" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(`CREATE INDEX "IDX_d77490568a304a4c98dda1c9eb" ON "chats"  ("owner_id", "id") `);
    await queryRunner.query(
      `CREATE TABLE "duo_attempts" ("id" uuid NOT NULL, "run_id" uuid NOT NULL, "step" integer NOT NULL, "number" integer NOT NULL, "chat_kind" text NOT NULL, "chat_id" uuid NOT NULL, "owner_id" text, "message_id" uuid, "provider" text NOT NULL, "model" text NOT NULL, "status" text NOT NULL, "input_tokens" integer, "output_tokens" integer, "reasoning_tokens" integer, "cache_read_tokens" integer, "cache_write_tokens" integer, "first_token_ms" integer, "duration_ms" integer, "error_code" text, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_e7de9356d77e648185dca737635" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(`CREATE INDEX "duo_attempts_owner" ON "duo_attempts"  ("owner_id", "created_at") `);
    await queryRunner.query(`CREATE INDEX "duo_attempts_chat" ON "duo_attempts"  ("chat_kind", "chat_id") `);
    await queryRunner.query(`CREATE INDEX "duo_attempts_run" ON "duo_attempts"  ("run_id") `);
    await queryRunner.query(
      `CREATE TABLE "duo_instances" ("id" uuid NOT NULL, "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL, CONSTRAINT "PK_1497a425791642fc32b459746bc" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "duo_run_events" ("run_id" uuid NOT NULL, "first_index" integer NOT NULL, "events" json NOT NULL, CONSTRAINT "PK_bbe3c81dbb3341d14105000f66d" PRIMARY KEY ("run_id", "first_index"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "duo_runs" ("id" uuid NOT NULL, "chat_kind" text NOT NULL, "chat_id" uuid NOT NULL, "owner_id" text, "status" text NOT NULL, "model" text NOT NULL, "input" json, "answer_message_id" uuid, "idempotency_key" text, "request_hash" text, "instance_id" uuid, "fence" integer NOT NULL DEFAULT '0', "cancel_requested_at" TIMESTAMP WITH TIME ZONE, "last_event_index" integer, "error" json, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "started_at" TIMESTAMP WITH TIME ZONE, "finished_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "PK_dfeeb268599083174ab71f273d0" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "duo_runs_idempotency" ON "duo_runs"  ("chat_kind", "chat_id", "idempotency_key") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "duo_runs_active" ON "duo_runs"  ("chat_kind", "chat_id") WHERE status IN ('running', 'awaiting_approval')`,
    );
    await queryRunner.query(
      `CREATE TABLE "duo_tool_calls" ("id" uuid NOT NULL, "run_id" uuid NOT NULL, "message_id" uuid NOT NULL, "call_id" text NOT NULL, "ordinal" integer NOT NULL, "name" text NOT NULL, "status" text NOT NULL, "decided_by" text, "decided_at" TIMESTAMP WITH TIME ZONE, "reason" text, "result_message_id" uuid, CONSTRAINT "PK_91fbe5027e09f617ccf0bc54b3a" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(`CREATE INDEX "duo_tool_calls_run" ON "duo_tool_calls"  ("run_id") `);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "duo_tool_calls_message" ON "duo_tool_calls"  ("message_id", "ordinal") `,
    );
    await queryRunner.query(
      `ALTER TABLE "messages" ADD CONSTRAINT "FK_7540635fef1922f0b156b9ef74f" FOREIGN KEY ("chat_id") REFERENCES "chats"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "messages" DROP CONSTRAINT "FK_7540635fef1922f0b156b9ef74f"`);
    await queryRunner.query(`DROP INDEX "public"."duo_tool_calls_message"`);
    await queryRunner.query(`DROP INDEX "public"."duo_tool_calls_run"`);
    await queryRunner.query(`DROP TABLE "duo_tool_calls"`);
    await queryRunner.query(`DROP INDEX "public"."duo_runs_active"`);
    await queryRunner.query(`DROP INDEX "public"."duo_runs_idempotency"`);
    await queryRunner.query(`DROP TABLE "duo_runs"`);
    await queryRunner.query(`DROP TABLE "duo_run_events"`);
    await queryRunner.query(`DROP TABLE "duo_instances"`);
    await queryRunner.query(`DROP INDEX "public"."duo_attempts_run"`);
    await queryRunner.query(`DROP INDEX "public"."duo_attempts_chat"`);
    await queryRunner.query(`DROP INDEX "public"."duo_attempts_owner"`);
    await queryRunner.query(`DROP TABLE "duo_attempts"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_d77490568a304a4c98dda1c9eb"`);
    await queryRunner.query(`DROP TABLE "chats"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_abe437f3932df45d88bd0a9e07"`);
    await queryRunner.query(`DROP TABLE "messages"`);
  }
}
