import { type INestApplicationContext, type ModuleMetadata, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type GitlabDuoModuleOptions } from '../../../src/config/gitlab-duo-options.interface.js';
import { GitlabDuoModule } from '../../../src/gitlab-duo.module.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { type DuoTool } from '../../../src/tools/duo-tool.interface.js';
import { SERVER_MIGRATIONS } from '../../database/server-migrations.js';
import { createTestDatabase, type TestDatabase } from '../../database/test-database.js';
import { moduleOf } from './test-tool.js';

/** Tests that stop a process do not wait for its runs. */
export const SHORT_GRACE_MS = 100;

/** A host application without HTTP, with a sandbox and a database of its own. */
export interface TestHost {
  app: INestApplicationContext;
  sandbox: Sandbox;
  database: DataSource;
  close(): Promise<void>;
}

/** Starts a host with these kinds of chat; its tables are made from the entities. */
export async function startTestHost(
  kinds: Parameters<typeof GitlabDuoModule.forFeature>[0],
  options: {
    tries?: number;
    /** Connections to the database; 10 by default. */
    poolSize?: number;
    database?: TestDatabase;
    /** Makes the tables by the migrations of the server, which it then finds made. */
    migrated?: boolean;
    imports?: ModuleMetadata['imports'];
    gitlab?: GitlabDuoModuleOptions;
    tools?: Type<DuoTool>[];
  } = {},
): Promise<TestHost> {
  const database = options.database ?? (await createTestDatabase());
  const sandbox = await startSandbox({ chunkDelayMs: 0 });
  const app = await Test.createTestingModule({
    imports: [
      TypeOrmModule.forRoot({
        type: 'postgres',
        url: database.url,
        poolSize: options.poolSize,
        autoLoadEntities: true,
        ...(options.migrated ? { migrations: SERVER_MIGRATIONS, migrationsRun: true } : { synchronize: true }),
      }),
      GitlabDuoModule.forRoot({
        ...sandboxOptions(sandbox),
        retries: { tries: options.tries ?? 1 },
        shutdownGraceMs: SHORT_GRACE_MS,
        ...options.gitlab,
      }),
      GitlabDuoModule.forFeature(kinds),
      moduleOf(options.tools ?? []),
      ...(options.imports ?? []),
    ],
  }).compile();
  app.useLogger(false);
  const close = async (): Promise<void> => {
    await app.close();
    await sandbox.close();
    if (options.database === undefined) await database.drop();
  };
  try {
    await app.init();
  } catch (error) {
    await close();
    throw error;
  }
  return { app, sandbox, database: app.get(DataSource), close };
}

export function sandboxOptions(sandbox: Sandbox): {
  apiKey: string;
  instanceUrl: string;
  gatewayUrl: string;
  retries: { tries: number };
} {
  return {
    apiKey: 'glpat-testtesttesttesttest',
    instanceUrl: sandbox.url,
    gatewayUrl: sandbox.url,
    retries: { tries: 1 },
  };
}
