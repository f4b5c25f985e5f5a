import { type Pool } from 'pg';
import { DataSource } from 'typeorm';
import { Chat, Message } from '../../../src/chats/chat.entity.js';
import { DUO_ENTITIES } from '../../../src/chats/entities/duo-entities.js';
import { SERVER_MIGRATIONS } from '../../database/server-migrations.js';
import { createTestDatabase } from '../../database/test-database.js';

/** A migrated database of the bench, which counts what is sent to it. */
export interface BenchDatabase {
  dataSource: DataSource;
  pool: Pool;
  /** Chats with this many messages each, and their ids. */
  createChats(count: number, messages: number): Promise<string[]>;
  /** Statements sent so far. */
  roundTrips(): number;
  close(): Promise<void>;
}

const TEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(4);

export async function openBenchDatabase(): Promise<BenchDatabase> {
  const database = await createTestDatabase();
  const dataSource = await new DataSource({
    type: 'postgres',
    url: database.url,
    entities: [Chat, Message, ...DUO_ENTITIES],
    migrations: SERVER_MIGRATIONS,
    migrationsRun: true,
  }).initialize();
  const pool = (dataSource.driver as unknown as { master: Pool }).master;
  let sent = 0;
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
  Object.assign(pool, {
    query: (...args: unknown[]) => {
      sent += 1;
      return query(...args);
    },
  });
  return {
    dataSource,
    pool,
    async createChats(count, messages) {
      const { rows } = await pool.query<{ id: string }>(
        `INSERT INTO chats (id, model, next_seq) SELECT gen_random_uuid(), 'duo-chat-sonnet-4-6', $2 FROM generate_series(1, $1) RETURNING id`,
        [count, messages],
      );
      const ids = rows.map(({ id }) => id);
      await pool.query(
        `INSERT INTO messages (id, chat_id, seq, role, text, parts)
         SELECT gen_random_uuid(), c.id::uuid, s.seq, CASE s.seq % 2 WHEN 0 THEN 'user' ELSE 'assistant' END, $3::text,
                json_build_array(json_build_object('type', 'text', 'text', $3::text))
           FROM unnest($1::text[]) AS c (id), generate_series(0, $2 - 1) AS s (seq)`,
        [ids, messages, TEXT],
      );
      return ids;
    },
    roundTrips: () => sent,
    async close() {
      await dataSource.destroy();
      await database.drop();
    },
  };
}
