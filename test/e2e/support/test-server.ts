import { type INestApplication, type LoggerService } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { CreateChats1795337122646 } from '../../../migrations/1795337122646-CreateChats.js';
import { AppModule } from '../../../src/app/app.module.js';
import { createFastifyAdapter } from '../../../src/app/fastify-adapter.js';
import { closeApp } from '../../../src/app/close-app.js';
import { type GitlabDuoModuleOptions } from '../../../src/config/gitlab-duo-options.interface.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { createTestDatabase } from '../../database/test-database.js';

/** The server over a real socket, with a sandbox and a database of its own. */
export interface TestServer {
  url: string;
  app: INestApplication;
  sandbox: Sandbox;
  database: DataSource;
  databaseUrl: string;
  close(): Promise<void>;
}

export interface TestServerOptions extends GitlabDuoModuleOptions {
  chunkDelayMs?: number;
  /** Short for `retries: { tries }`. */
  tries?: number;
  /** Takes what the server logs; by default nobody does. */
  logger?: LoggerService;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { chunkDelayMs = 0, tries = 1, logger, ...gitlabOptions } = options;
  const database = await createTestDatabase();
  const sandbox = await startSandbox({ chunkDelayMs });
  const gitlab = {
    apiKey: 'glpat-testtesttesttesttest',
    instanceUrl: sandbox.url,
    gatewayUrl: sandbox.url,
    retries: { tries },
    ...gitlabOptions,
  };
  const module = await Test.createTestingModule({
    imports: [AppModule.register({ databaseUrl: database.url, migrations: [CreateChats1795337122646], gitlab })],
  }).compile();
  module.useLogger(logger ?? false);
  const app = module.createNestApplication(createFastifyAdapter(), { bodyParser: false });
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    app,
    sandbox,
    database: app.get(DataSource),
    databaseUrl: database.url,
    async close() {
      await closeApp(app);
      await sandbox.close();
      await database.drop();
    },
  };
}
