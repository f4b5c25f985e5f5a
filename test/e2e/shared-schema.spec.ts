import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Chat, DUO_ENTITIES, DUO_MIGRATIONS, DuoChatService, GitlabDuoModule, Message } from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { sandboxOptions } from './support/test-module.js';

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
