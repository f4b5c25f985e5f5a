import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type DataSourceOptions, DefaultNamingStrategy, Entity } from 'typeorm';
import { type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import {
  ActsAsChat,
  ActsAsMessage,
  Chat,
  ConfigurationError,
  DUO_ENTITIES,
  DUO_MIGRATIONS,
  DuoChatService,
  GitlabDuoModule,
  Message,
} from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { sandboxOptions } from './support/test-module.js';

@Entity('case_messages')
class CaseMessage extends ActsAsMessage<Case>({ chat: () => Case }) {}

@Entity('cases')
class Case extends ActsAsChat<CaseMessage>({ messages: () => CaseMessage }) {}

/** Puts every table's name in capitals. */
class LoudNamingStrategy extends DefaultNamingStrategy {
  override tableName(target: string, given: string | undefined): string {
    return super.tableName(target, given).toUpperCase();
  }
}

const INDEXES_OF_010 = [
  'CREATE INDEX duo_attempts_owner ON duo_attempts (owner_id, created_at)',
  'CREATE INDEX duo_attempts_chat ON duo_attempts (chat_kind, chat_id)',
  'CREATE INDEX duo_attempts_run ON duo_attempts (run_id)',
  'CREATE UNIQUE INDEX duo_runs_idempotency ON duo_runs (chat_kind, chat_id, idempotency_key)',
  "CREATE UNIQUE INDEX duo_runs_active ON duo_runs (chat_kind, chat_id) WHERE status IN ('running', 'awaiting_approval')",
  'CREATE INDEX duo_tool_calls_run ON duo_tool_calls (run_id)',
  'CREATE UNIQUE INDEX duo_tool_calls_message ON duo_tool_calls (message_id, ordinal)',
];

describe('DUO_MIGRATIONS', () => {
  let database: TestDatabase;
  const opened: DataSource[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((dataSource) => dataSource.destroy()));
    await database.drop();
  });

  async function open(options: Partial<DataSourceOptions>): Promise<DataSource> {
    const dataSource = new DataSource({
      type: 'postgres',
      url: database.url,
      entities: DUO_ENTITIES,
      migrations: DUO_MIGRATIONS,
      ...options,
    } as DataSourceOptions);
    opened.push(await dataSource.initialize());
    return dataSource;
  }

  /** What `migration:generate` would write now. */
  async function generated(dataSource: DataSource): Promise<string[]> {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => query);
  }

  const hosts: [string, Partial<DataSourceOptions>][] = [
    ['by default', {}],
    ['in a schema of its own', { schema: 'desk' }],
    ['with a prefix', { entityPrefix: 'app_' }],
    ['with a naming strategy', { namingStrategy: new LoudNamingStrategy() }],
  ];

  it.each(hosts)('leave a host only its own tables to generate %s', async (_name, options) => {
    const dataSource = await open({ ...options, entities: [Case, CaseMessage, ...DUO_ENTITIES] });
    await dataSource.query('CREATE SCHEMA desk');
    await dataSource.runMigrations();
    const left = await generated(dataSource);
    expect(left.filter((query) => /CREATE TABLE/.test(query))).toHaveLength(2);
    expect(left.filter((query) => /duo_/i.test(query))).toEqual([]);
    expect(left.length).toBe(5);

    await dataSource.synchronize();
    expect(await generated(dataSource)).toEqual([]);
  });

  /** Makes the library's tables as the migrations of 0.1.0 did. */
  async function tablesOf010(): Promise<DataSource> {
    const dataSource = await open({ migrations: DUO_MIGRATIONS.slice(0, 1) });
    await dataSource.runMigrations();
    for (const name of await indexNames(dataSource)) await dataSource.query(`DROP INDEX "${name}"`);
    for (const index of INDEXES_OF_010) await dataSource.query(index);
    return dataSource;
  }

  /** The names of all indexes, except those of primary keys. */
  async function indexNames(dataSource: DataSource): Promise<string[]> {
    const rows: { name: string }[] = await dataSource.query(
      `SELECT i.indexrelid::regclass::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary ORDER BY name`,
    );
    return rows.map(({ name }) => name.replaceAll('"', ''));
  }

  it('rename the indexes of 0.1.0, so that nothing is left to generate', async () => {
    await tablesOf010();
    const upgraded = await open({});
    await upgraded.runMigrations();
    expect(await generated(upgraded)).toEqual([]);
    expect((await indexNames(upgraded)).filter((name) => name.startsWith('duo_'))).toEqual([]);

    for (const _later of DUO_MIGRATIONS.slice(1)) await upgraded.undoLastMigration();
    expect(await indexNames(upgraded)).toEqual(INDEXES_OF_010.map((index) => /duo_\w+/.exec(index)?.[0]).sort());
  });

  it('do not touch the indexes of another installation of 0.1.0 in the same schema', async () => {
    const first = await tablesOf010();
    const before = await indexNames(first);
    const second = await open({ entityPrefix: 'app_', migrationsTableName: 'app_migrations' });
    await second.runMigrations();
    expect(await generated(second)).toEqual([]);
    expect(await indexNames(first)).toEqual(expect.arrayContaining(before));
  });

  it('can be reverted', async () => {
    const dataSource = await open({});
    await dataSource.runMigrations();
    for (const _migration of DUO_MIGRATIONS) await dataSource.undoLastMigration();
    const tables: unknown[] = await dataSource.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    expect(tables).toEqual([{ tablename: 'migrations' }]);
  });

  it('explain what is missing in a data source without the entities', async () => {
    const dataSource = await open({ entities: [] });
    await expect(dataSource.runMigrations()).rejects.toThrow(
      new ConfigurationError(
        'The data source does not know the entity DuoAttempt. Set autoLoadEntities: true, or list your chat and message entities and ...DUO_ENTITIES under entities.',
      ),
    );
  });
});

const PREFIXES = ['', 'left_', 'right_'];

/**
 * Up to 0.1.0 the indexes had names of their own, such as `duo_runs_active`, which exist once in a schema: the second
 * installation failed with 42P07 (duplicate_table), however its tables were called.
 */
describe.each<[string, Pick<TypeOrmModuleOptions, 'synchronize' | 'migrations' | 'migrationsRun'>]>([
  ['synchronize', { synchronize: true }],
  ['DUO_MIGRATIONS', { migrations: DUO_MIGRATIONS, migrationsRun: true }],
])('Installations with their own prefixes, made by %s', (_way, tables) => {
  let database: TestDatabase;
  let sandbox: Sandbox;
  const apps: INestApplicationContext[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    sandbox = await startSandbox({ chunkDelayMs: 20 });
    for (const entityPrefix of PREFIXES) apps.push(await start(entityPrefix));
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
    await sandbox.close();
    await database.drop();
  });

  async function start(entityPrefix: string): Promise<INestApplicationContext> {
    const app = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: database.url,
          entities: [Chat, Message, ...DUO_ENTITIES],
          entityPrefix,
          migrationsTableName: `${entityPrefix}migrations`,
          retryAttempts: 1,
          ...tables,
        }),
        GitlabDuoModule.forRoot(sandboxOptions(sandbox)),
        GitlabDuoModule.forFeature([Chat]),
      ],
    }).compile();
    // The tables of chats and messages are the host's own to migrate.
    await app.get(DataSource).synchronize();
    return app.init();
  }

  it('share a schema, and each refuses a second ask while a run is active', async () => {
    for (const app of apps) {
      const chats = app.get<DuoChatService<Chat>>(DuoChatService);
      const chat = await chats.create();
      const run = await chats.ref(chat.id).start('First');
      await expect(chat.ask('Second')).rejects.toMatchObject({ code: 'chat_busy' });
      expect((await run.result()).text).toContain('Turn 1. You said: "First"');
    }
  });
});
