import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type INestApplicationContext, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions, DefaultNamingStrategy, Entity } from 'typeorm';
import { Test } from '@nestjs/testing';
import { startupHintFor } from '../../src/app/startup-hint.js';
import {
  ActsAsChat,
  ActsAsMessage,
  Chat,
  ConfigurationError,
  createDuoDataSource,
  DUO_ENTITIES,
  DUO_MIGRATIONS,
  DuoChatService,
  GitlabDuoModule,
  InjectDuoChat,
  Message,
} from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { HttpClient } from './support/http-client.js';
import { KeptLogger } from './support/kept-logger.js';
import { forkServer, urlOf } from './support/server-process.js';
import { sandboxOptions } from './support/test-module.js';
import { startTestServer, type TestServer } from './support/test-server.js';

@Injectable()
class Plain {
  constructor(readonly chats: DuoChatService) {}
}

@Injectable()
class OfKind {
  constructor(@InjectDuoChat(Chat) readonly chats: DuoChatService<Chat>) {}
}

/** Without types that a compiler emits, as in plain JavaScript. */
class Untyped {
  constructor(readonly chats: DuoChatService<Chat>) {}
}
InjectDuoChat(Chat)(Untyped, undefined, 0);

@Module({})
class HostModule {}

@Module({ providers: [Plain] })
class PlainModule {}

@Module({ providers: [OfKind] })
class OfKindModule {}

@Module({ providers: [Untyped] })
class UntypedModule {}

const KEY = 'Key-of-anna-in-the-file';

jest.setTimeout(120_000);

/** Each stopped the start with an error of Nest's, TypeORM's or PostgreSQL's alone, or failed the first ask. */
describe('A host with a wrong set-up', () => {
  let sandbox: Sandbox;
  let database: TestDatabase;

  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  /** What the application has logged. */
  const log = new KeptLogger();

  /** How the start of an application fails. */
  async function failure(...imports: NonNullable<ModuleMetadata['imports']>): Promise<Error | undefined> {
    log.lines.length = 0;
    const options = { logger: log, abortOnError: false };
    try {
      const app = await NestFactory.createApplicationContext({ module: HostModule, imports }, options);
      await app.close();
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  const core = (isGlobal = true) => GitlabDuoModule.forRoot({ ...sandboxOptions(sandbox), isGlobal });
  const feature = () => GitlabDuoModule.forFeature([Chat]);
  const tables = (options: Pick<TypeOrmModuleOptions, 'synchronize' | 'migrations' | 'migrationsRun'> = {}) =>
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: database.url,
      autoLoadEntities: true,
      retryAttempts: 1,
      ...options,
    });

  function expectAdvice(error: Error | undefined, ...advice: string[]): void {
    expect(error).toBeInstanceOf(ConfigurationError);
    for (const part of advice) expect(error?.message).toContain(part);
  }

  it('is told in the error to import forRoot', async () => {
    const error = await failure(tables({ synchronize: true }), feature());
    expectAdvice(error, 'forFeature([Chat]) needs the core', 'Import GitlabDuoModule.forRoot()');
  });

  it('gets the same error if the core is not global', async () => {
    const error = await failure(tables({ synchronize: true }), core(false), feature());
    expectAdvice(error, 'isGlobal: false');
  });

  it('is advised to import the root of TypeORM, with DATABASE_URL', async () => {
    const advice = "Import TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL";
    expectAdvice(await failure(core(), feature()), advice);
    expectAdvice(await failure(core(), GitlabDuoModule.forFeature([Chat], 'second')), 'data source "second"', advice);
  });

  it.each([
    ['a plain service', PlainModule, 'Plain injects a DuoChatService'],
    ['the service of a kind', OfKindModule, 'OfKind injects the DuoChatService of Chat'],
    ['a class without emitted types', UntypedModule, 'Untyped injects the DuoChatService of Chat'],
  ])('is advised to import forFeature for %s', async (_name, module, injects) => {
    const advice = `${injects}, which ${module.name} does not import. Add GitlabDuoModule.forFeature([Chat]) to the imports of ${module.name}.`;
    const orders = [
      [core(), module],
      [module, core()],
      [core(), tables({ synchronize: true }), feature(), module],
      [module, tables({ synchronize: true }), feature(), core()],
    ];
    for (const imports of orders) {
      expect(await failure(...imports)).toBeInstanceOf(Error);
      expect(log.lines.join()).toContain(advice);
    }
  });

  it('is advised to import forFeature by Nest itself if the core is missing too', async () => {
    const error = await failure(OfKindModule);
    expect(error?.message).toContain('which GitlabDuoModule.forFeature([Chat]) provides to the modules that import it');
  });

  it('may import, re-export and globally register its modules', async () => {
    @Module({ imports: [feature()], exports: [GitlabDuoModule] })
    class Exporting {}
    @Module({ imports: [Exporting], providers: [Plain, OfKind] })
    class Importing {}
    expect(await failure(core(), tables({ synchronize: true }), Importing)).toBeUndefined();
    const global = { ...feature(), global: true };
    expect(await failure(core(), tables({ synchronize: true }), global, PlainModule, OfKindModule)).toBeUndefined();
  });

  it.each([
    ['forRoot', (url: string | undefined) => TypeOrmModule.forRoot({ type: 'postgres', url, retryAttempts: 1 })],
    [
      'createDuoDataSource',
      (url: string | undefined) =>
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ type: 'postgres', url, retryAttempts: 1 }),
          dataSourceFactory: createDuoDataSource,
        }),
    ],
  ])('is advised to set DATABASE_URL where it is unset, by %s', async (_name, root) => {
    const names = ['PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGDATABASE'];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) Reflect.deleteProperty(process.env, name);
    try {
      for (const url of [undefined, '']) {
        const error = await failure(core(), root(url), feature());
        expectAdvice(error, 'is DATABASE_URL unset? Set it');
      }
    } finally {
      for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
    }
  });

  it('gets the reason why its data source failed, not that it is missing', async () => {
    const url = new URL(database.url);
    url.pathname = '/no_such_database';
    const options = { type: 'postgres', url: url.href, autoLoadEntities: true, retryAttempts: 1 } as const;
    expect(await failure(core(), TypeOrmModule.forRoot(options), feature())).toMatchObject({ code: '3D000' });
  });

  it('is advised to run the migrations if tables are missing', async () => {
    const error = await failure(core(), tables(), feature());
    expectAdvice(
      error,
      'lacks the table "chats", the table "messages", the table "duo_runs"',
      '...DUO_MIGRATIONS',
      'migrationsRun: true',
    );
    const half = await failure(core(), tables({ migrations: DUO_MIGRATIONS, migrationsRun: true }), feature());
    expectAdvice(half, 'lacks the table "chats", the table "messages". Run the migrations');
  });

  it('is advised to run the migrations if a column is missing', async () => {
    expect(await failure(core(), tables({ synchronize: true }), feature())).toBeUndefined();
    await query('ALTER TABLE messages DROP COLUMN run_id');
    expectAdvice(
      await failure(core(), tables(), feature()),
      'lacks the column "run_id" of "messages". Run the migrations',
    );
  });

  it('is advised what to do with tables that synchronize created before the migrations', async () => {
    expect(await failure(core(), tables({ synchronize: true }), feature())).toBeUndefined();
    const error = await failure(core(), tables({ migrations: DUO_MIGRATIONS, migrationsRun: true }), feature());
    expectAdvice(error, 'The table "duo_attempts" exists already', 'synchronize created it', 'migration:run --fake');
    expect(startupHintFor(error)).toBe(error?.message);
  });

  async function query(text: string): Promise<void> {
    const source = new DataSource({ type: 'postgres', url: database.url, entities: [Chat, Message, ...DUO_ENTITIES] });
    await source.initialize();
    await source.query(text);
    await source.destroy();
  }
});

describe('Server settings', () => {
  /** It makes the tables, and has the sandbox. */
  let tables: TestServer;
  let directory: string;
  let server: ChildProcess | undefined;

  beforeAll(async () => {
    tables = await startTestServer();
  });
  afterAll(() => tables.close());

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'duo-environment-'));
  });
  afterEach(async () => {
    if (server !== undefined && server.exitCode === null) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    server = undefined;
    await rm(directory, { recursive: true, force: true });
  });

  async function start(variables: Record<string, string>, file: string[]): Promise<ChildProcess> {
    await writeFile(join(directory, '.env'), file.join('\n'));
    server = await forkServer(directory, { PATH: process.env.PATH, ...variables });
    return server;
  }

  it('are read from the file .env of the working directory', async () => {
    const url = await urlOf(
      await start({}, [
        '# a comment',
        'PORT=0',
        `DATABASE_URL="${tables.databaseUrl}"`,
        `API_KEYS=anna:${KEY}`,
        'GITLAB_TOKEN=glpat-testtesttesttesttest',
        `GITLAB_INSTANCE_URL=${tables.sandbox.url}`,
        `GITLAB_GATEWAY_URL=${tables.sandbox.url}`,
        'GITLAB_DUO_MODEL=duo-chat-haiku-4-5',
      ]),
    );
    expect((await new HttpClient(url).send('GET', '/chats')).status).toBe(401);
    const anna = new HttpClient(url, KEY);
    expect(await anna.json('POST', '/chats')).toMatchObject({ model: 'duo-chat-haiku-4-5' });
  });

  it('prefer the environment to the file, even an empty variable', async () => {
    const variables = { PORT: '0', DATABASE_URL: tables.databaseUrl, API_KEYS: '', NODE_ENV: 'development' };
    const file = ['PORT=1', 'DATABASE_URL=postgres://nobody@127.0.0.1:1/none', 'API_KEYS=anna', 'NODE_ENV=production'];
    const url = await urlOf(await start(variables, file));
    expect((await new HttpClient(url).send('GET', '/chats')).status).toBe(200);
  });

  it('are all reported at startup if they are wrong, before a database is started', async () => {
    // As by `npm start`, which shows each step on standard error.
    const { stderr } = await start({ PORT: 'x', npm_lifecycle_event: 'start' }, [
      'HOST=0.0.0.0',
      'RATE_LIMIT_PER_MINUTE=many',
    ]);
    if (stderr === null) throw new Error('The output of the server is not read.');
    const [complaint] = await Promise.all([text(stderr), once(server as ChildProcess, 'exit')]);
    expect(server?.exitCode).toBe(1);
    expect(complaint).toMatch(
      /The server did not start\. 3 settings are wrong:\n {2}- HOST is "0\.0\.0\.0".*\n {2}- PORT must be .*\n {2}- RATE_LIMIT_PER_MINUTE must be/,
    );
    expect(complaint).not.toContain('Starting the database');
  });
});

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

const PREFIXES = ['', 'left_', 'right_'];

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
    expect(left.length).toBe(8);

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
