/**
 * The server with two tools, on the database, the sandbox and the record of effects that are its arguments: `look` may run
 * again after a crash, `pay` may not, and needs an approval for more than 100. Both tell the record that a call begins.
 */
import 'reflect-metadata';
import { setTimeout } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../../src/app/app.module.js';
import { createFastifyAdapter } from '../../src/app/fastify-adapter.js';
import { closeApp, stopWhenAsked } from '../../src/app/lifecycle.js';
import { Agent, DuoAgent } from '../../src/index.js';
import { type JsonObject } from '../../src/messages/json.interface.js';
import { type ToolContext } from '../../src/tools/duo-tool.interface.js';
import { SERVER_MIGRATIONS } from '../database/server-migrations.js';
import { testTool } from '../e2e/support/test-tool.js';
import { AGENT } from './agent-name.js';

const [, , databaseUrl = '', gitlabUrl = '', effectsUrl = ''] = process.argv;
/** Shorter than most answers, so that a stopping server hands runs over. */
const SHUTDOWN_GRACE_MS = 1_000;

let stop = (): void => {
  process.exit(0);
};
stopWhenAsked(() => {
  stop();
});

const begin =
  (tool: string) =>
  async ({ ms }: JsonObject, { toolCallId, runId, signal }: ToolContext): Promise<string> => {
    const body = JSON.stringify({ tool, toolCallId, runId });
    await fetch(effectsUrl, { method: 'POST', body, signal });
    await setTimeout(Number(ms), undefined, { signal });
    return `${tool} is done`;
  };
const tools = [
  testTool('look', begin('look'), { idempotent: true }),
  testTool('pay', begin('pay'), { requiresApproval: (input) => Number((input as JsonObject).amount) > 100 }),
];

@Agent({ name: AGENT, tools })
class Clerk extends DuoAgent {}

@Module({
  imports: [
    AppModule.register({
      databaseUrl,
      migrations: SERVER_MIGRATIONS,
      gitlab: {
        apiKey: 'glpat-testtesttesttesttest',
        instanceUrl: gitlabUrl,
        gatewayUrl: gitlabUrl,
        shutdownGraceMs: SHUTDOWN_GRACE_MS,
      },
    }),
  ],
  providers: [...tools, Clerk],
})
class FaultModule {}

const app = await NestFactory.create<NestFastifyApplication>(FaultModule, createFastifyAdapter(), {
  logger: ['error', 'warn'],
  abortOnError: false,
  bodyParser: false,
});
stop = () => {
  void closeApp(app).finally(() => process.exit(0));
};
await app.listen(0, '127.0.0.1');
process.send?.(await app.getUrl());
