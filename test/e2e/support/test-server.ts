import { type INestApplication, type LoggerService, type ModuleMetadata, type Type } from '@nestjs/common';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { Test, type TestingModule } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { AppModule, type AppOptions } from '../../../src/app/app.module.js';
import { Authentication } from '../../../src/app/access/authentication.service.js';
import { createFastifyAdapter } from '../../../src/app/fastify-adapter.js';
import { closeApp } from '../../../src/app/lifecycle.js';
import { type GitlabDuoModuleOptions } from '../../../src/config/gitlab-duo-options.interface.js';
import { MESSAGE_BODY_LIMIT } from '../../../src/http/body-limits.js';
import { StreamTiming } from '../../../src/http/stream-timing.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { type DuoTool } from '../../../src/tools/duo-tool.interface.js';
import { SERVER_MIGRATIONS } from '../../database/server-migrations.js';
import { createTestDatabase } from '../../database/test-database.js';
import { SHORT_GRACE_MS } from './test-module.js';
import { moduleOf } from './test-tool.js';

/** The server over a real socket, with a sandbox and a database of its own. */
export interface TestServer {
  url: string;
  app: INestApplication;
  sandbox: Sandbox;
  database: DataSource;
  databaseUrl: string;
  /** Every route that the server has registered. */
  routes: TestRoute[];
  close(): Promise<void>;
}

export interface TestRoute {
  method: string;
  path: string;
}

export interface TestServerOptions
  extends GitlabDuoModuleOptions, Pick<AppOptions, 'apiKeys' | 'rateLimits' | 'hasDemonstration'> {
  trustProxy?: string[];
  chunkDelayMs?: number;
  /** Short for `retries: { tries }`. */
  tries?: number;
  /** Takes what the server logs; ignored by default. */
  logger?: LoggerService;
  platform?: Platform;
  /** Other times than those of a server. */
  timing?: Partial<StreamTiming>;
  /** Modules beside the server's own. */
  imports?: ModuleMetadata['imports'];
  tools?: Type<DuoTool>[];
  /** Where the server finds its database, by where the database is. */
  databaseUrl?: (url: string) => string;
  /** What the program that starts the server adds to it. */
  prepare?: (app: INestApplication) => unknown;
}

export const PLATFORMS = ['fastify', 'express'] as const;
export type Platform = (typeof PLATFORMS)[number];

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const {
    chunkDelayMs = 0,
    tries = 1,
    logger,
    platform = 'fastify',
    timing,
    databaseUrl,
    apiKeys,
    rateLimits,
    hasDemonstration,
    trustProxy,
    imports = [],
    tools = [],
    prepare,
    ...gitlabOptions
  } = options;
  const database = await createTestDatabase();
  const sandbox = await startSandbox({ chunkDelayMs });
  const gitlab = {
    apiKey: 'glpat-testtesttesttesttest',
    instanceUrl: sandbox.url,
    gatewayUrl: sandbox.url,
    retries: { tries },
    shutdownGraceMs: SHORT_GRACE_MS,
    ...gitlabOptions,
  };
  const migrations = SERVER_MIGRATIONS;
  const building = Test.createTestingModule({
    imports: [
      AppModule.register({
        databaseUrl: databaseUrl?.(database.url) ?? database.url,
        migrations,
        gitlab,
        apiKeys,
        rateLimits,
        hasDemonstration,
      }),
      moduleOf(tools),
      ...imports,
    ],
  })
    .overrideProvider(StreamTiming)
    .useValue(Object.assign(new StreamTiming(), timing));
  // The server's own door is a hook of Fastify.
  if (platform === 'express') building.overrideProvider(Authentication).useValue({ ownerOf: () => 'local' });
  const module = await building.compile();
  module.useLogger(logger ?? false);
  const routes: TestRoute[] = [];
  const app = platform === 'fastify' ? fastifyApp(module, routes, trustProxy) : expressApp(module);
  await prepare?.(app);
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    app,
    sandbox,
    database: app.get(DataSource),
    databaseUrl: database.url,
    routes,
    async close() {
      await closeApp(app);
      await sandbox.close();
      await database.drop();
    },
  };
}

export function fastifyApp(module: TestingModule, routes: TestRoute[] = [], trustProxy?: string[]): INestApplication {
  const adapter = createFastifyAdapter({ trustProxy });
  adapter.getInstance().addHook('onRoute', ({ method, url: path }) => {
    routes.push(...[method].flat().map((method) => ({ method, path })));
  });
  return module.createNestApplication(adapter, { bodyParser: false });
}

export function expressApp(module: TestingModule): INestApplication {
  const app = module.createNestApplication<NestExpressApplication>(new ExpressAdapter(), { bodyParser: false });
  app.useBodyParser('json', { limit: MESSAGE_BODY_LIMIT });
  return app;
}
