import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../errors/request.errors.js';
import { DuoAttempt } from '../entities/duo-attempt.entity.js';
import { DuoInstance } from '../entities/duo-instance.entity.js';
import { DuoRunEvent } from '../entities/duo-run-event.entity.js';
import { DuoRun } from '../entities/duo-run.entity.js';
import { DuoToolCall } from '../entities/duo-tool-call.entity.js';
import { tableOf } from '../store/kind-tables.js';
import { dataSourceOf, FIRST_INDEXES, namesOf } from './first-indexes.js';

const TABLES = [DuoRun, DuoInstance, DuoAttempt, DuoToolCall, DuoRunEvent];

/** Creates the library's own tables, with the data source's schema, prefix and naming strategy. */
export class CreateDuoTables1795337122000 implements MigrationInterface {
  readonly name = 'CreateDuoTables1795337122000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const dataSource = dataSourceOf(queryRunner);
    await mustBeNew(queryRunner, tableOf(dataSource, DuoAttempt));
    await queryRunner.query(
      `CREATE TABLE ${tableOf(dataSource, DuoAttempt)} ("id" uuid NOT NULL, "run_id" uuid NOT NULL, "request_id" text, "step" integer NOT NULL, "number" integer NOT NULL, "chat_kind" text NOT NULL, "chat_id" uuid NOT NULL, "owner_id" text, "message_id" uuid, "provider" text NOT NULL, "model" text NOT NULL, "status" text NOT NULL, "input_tokens" integer, "output_tokens" integer, "reasoning_tokens" integer, "cache_read_tokens" integer, "cache_write_tokens" integer, "first_token_ms" integer, "duration_ms" integer, "error_code" text, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(
      `CREATE TABLE ${tableOf(dataSource, DuoInstance)} ("id" uuid NOT NULL, "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL, PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(
      `CREATE TABLE ${tableOf(dataSource, DuoRunEvent)} ("run_id" uuid NOT NULL, "first_index" integer NOT NULL, "events" json NOT NULL, PRIMARY KEY ("run_id", "first_index"))`,
    );
    await queryRunner.query(
      `CREATE TABLE ${tableOf(dataSource, DuoRun)} ("id" uuid NOT NULL, "chat_kind" text NOT NULL, "chat_id" uuid NOT NULL, "owner_id" text, "status" text NOT NULL, "model" text NOT NULL, "tools" json, "input" json, "answer_message_id" uuid, "idempotency_key" text, "request_hash" text, "instance_id" uuid, "fence" integer NOT NULL DEFAULT '0', "cancel_requested_at" TIMESTAMP WITH TIME ZONE, "last_event_index" integer, "error" json, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "started_at" TIMESTAMP WITH TIME ZONE, "finished_at" TIMESTAMP WITH TIME ZONE, PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(
      `CREATE TABLE ${tableOf(dataSource, DuoToolCall)} ("id" uuid NOT NULL, "run_id" uuid NOT NULL, "message_id" uuid NOT NULL, "call_id" text NOT NULL, "ordinal" integer NOT NULL, "name" text NOT NULL, "status" text NOT NULL, "needs_approval" boolean NOT NULL DEFAULT false, "idempotent" boolean NOT NULL DEFAULT false, "decided_by" text, "decided_at" TIMESTAMP WITH TIME ZONE, "reason" text, "result_message_id" uuid, PRIMARY KEY ("id"))`,
    );
    for (const index of FIRST_INDEXES) {
      const { table, name } = namesOf(dataSource, index);
      await queryRunner.query(
        `CREATE ${index.isUnique ? 'UNIQUE ' : ''}INDEX "${name}" ON ${table} (${index.columns.join(', ')})` +
          (index.where ? ` WHERE ${index.where}` : ''),
      );
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const dataSource = dataSourceOf(queryRunner);
    for (const entity of TABLES) await queryRunner.query(`DROP TABLE ${tableOf(dataSource, entity)}`);
  }
}

/** @throws ConfigurationError where the tables exist although this migration has not run */
async function mustBeNew(queryRunner: QueryRunner, table: string): Promise<void> {
  const found = (await queryRunner.query('SELECT 1 WHERE to_regclass($1) IS NOT NULL', [table])) as unknown[];
  if (found.length === 0) return;
  throw new ConfigurationError(
    `The table ${table} exists already, and the migration that creates it has not run: synchronize created it. Turn synchronize off, then either drop the tables, with their data, and start again; or keep them, and let TypeORM's migration:run --fake note the migrations as run.`,
  );
}
