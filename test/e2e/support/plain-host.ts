import { type INestApplication, type PipeTransform } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { GitlabDuoHttpModule, ProblemFilter } from '../../../src/http/index.js';
import { Chat, GitlabDuoModule } from '../../../src/index.js';
import { startSandbox } from '../../../src/sandbox/index.js';
import { createTestDatabase } from '../../database/test-database.js';
import { sandboxOptions } from './test-module.js';
import { type Platform } from './test-server.js';

/** A host application that leaves its platform and its parsers as they are. */
export interface PlainHost {
  app: INestApplication;
  url: string;
  close(): Promise<void>;
}

/** @param pipes the host's own, which every body goes through before ours */
export async function startPlainHost(platform: Platform, ...pipes: PipeTransform[]): Promise<PlainHost> {
  const sandbox = await startSandbox({ chunkDelayMs: 0 });
  const database = await createTestDatabase();
  const host = await Test.createTestingModule({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, synchronize: true }),
      GitlabDuoModule.forRoot(sandboxOptions(sandbox)),
      GitlabDuoHttpModule.register({ chat: Chat }),
    ],
    providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
  }).compile();
  host.useLogger(false);
  const app = host.createNestApplication(platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter());
  app.useGlobalPipes(...pipes);
  await app.listen(0, '127.0.0.1');
  return {
    app,
    url: await app.getUrl(),
    async close() {
      await app.close();
      await sandbox.close();
      await database.drop();
    },
  };
}
