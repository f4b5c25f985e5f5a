import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Agent } from 'undici';
import { DUO_MIGRATIONS } from '../chats/migrations/duo-migrations.js';
import { DuoService } from '../conversation/duo.service.js';
import { type GitlabDuoModuleOptions } from '../config/gitlab-duo-options.interface.js';
import { safeError } from '../errors/safe-error.js';
import { startSandbox } from '../sandbox/index.js';
import { logAccess } from './access-log.js';
import { MIN_SAFE_KEY_LENGTH } from './access/api-keys.js';
import { AppModule } from './app.module.js';
import { checkConnection } from './check-connection.js';
import { closeApp, OpenResources, stopWhenAsked } from './lifecycle.js';
import { leadToDocs, serveDocs } from './docs.js';
import { startEmbeddedPostgres } from './embedded-postgres/start-embedded-postgres.js';
import { type Environment } from './environment.js';
import { createFastifyAdapter } from './fastify-adapter.js';
import { loadEnvironment } from './load-environment.js';
import { openOutput, type Output } from './output.js';
import { startupHintFor } from './startup-hint.js';
import { StartSteps } from './start-steps.js';
import { serveWebPage } from './web-page.js';
import { welcome } from './welcome.js';

const SANDBOX_TOKEN = 'sandbox';

/** Starts everything that the environment asks for, and ends it again when the process is asked to stop. */
export async function startServer(): Promise<void> {
  const resources = new OpenResources();
  const logger = new Logger('Server');
  let output = openOutput();
  stopWhenAsked((reason) => {
    output.say(`Stopping (${reason})…`);
    void resources.close().then(() => process.exit(0));
  });
  try {
    // A file .env may ask for another output.
    const environment = await loadEnvironment().finally(() => (output = openOutput()));
    await start(environment, resources, logger, output);
  } catch (error) {
    if (resources.isClosing) return;
    const advice = startupHintFor(error);
    if (advice === undefined) logger.error('The server did not start', safeError(error));
    else logger.error(`The server did not start. ${advice}`);
    await resources.close();
    process.exit(1);
  }
}

async function start(
  environment: Environment,
  resources: OpenResources,
  logger: Logger,
  output: Output,
): Promise<void> {
  const { apiKeys, rateLimits, limits, trustProxy } = environment;
  const steps = new StartSteps(environment.isLaunched && !output.isJson);
  const isSandbox = environment.gitlabToken === undefined;
  const isEmbedded = environment.databaseUrl === undefined;
  const databaseUrl = await steps.run(
    isEmbedded ? 'Starting the database' : 'Taking the database of DATABASE_URL',
    async () => environment.databaseUrl ?? (await embeddedDatabase(resources)),
  );
  const gitlab = { ...(await gitlabOptions(environment, resources, logger)), limits };
  const migrations = [...DUO_MIGRATIONS, join(import.meta.dirname, '../migrations/*.js')];
  const app = await steps.run('Running the migrations', () =>
    NestFactory.create<NestFastifyApplication>(
      AppModule.register({ databaseUrl, migrations, gitlab, apiKeys, rateLimits, hasDemonstration: isSandbox }),
      createFastifyAdapter({ trustProxy }),
      { logger: output.logger, abortOnError: false, bodyParser: false },
    ),
  );
  if (apiKeys.some(({ key }) => key.length < MIN_SAFE_KEY_LENGTH)) {
    logger.warn(
      `API_KEYS has a key of less than ${MIN_SAFE_KEY_LENGTH} characters, which can be guessed: make it longer.`,
    );
  }
  serveDocs(app);
  if (!(await serveWebPage(app, { folder: join(import.meta.dirname, '../web'), isSandbox }))) leadToDocs(app);
  if (environment.hasAccessLog) logAccess(app.getHttpServer());
  await resources.add(() => closeApp(app));
  await steps.run('Starting the server', () => app.listen(environment.port, environment.host));
  output.started();
  welcome(output, { url: await app.getUrl(), environment, databaseUrl, gitlab });
  if (isSandbox) return;
  const stopping = new AbortController();
  await resources.add(() => {
    stopping.abort();
    return Promise.resolve();
  });
  void checkConnection(app.get(DuoService, { strict: false }), stopping.signal);
}

async function embeddedDatabase(resources: OpenResources): Promise<string> {
  const database = await startEmbeddedPostgres({
    dataDirectory: join(import.meta.dirname, '../../.data/postgres'),
    database: 'duo',
  });
  await resources.add(() => database.stop());
  return database.url;
}

/** GitLab, or the sandbox in its place where no token is set. */
async function gitlabOptions(
  environment: Environment,
  resources: OpenResources,
  logger: Logger,
): Promise<GitlabDuoModuleOptions> {
  const { gitlabToken, instanceUrl, gatewayUrl, gatewayPrefix, model } = environment;
  if (gitlabToken !== undefined) return { apiKey: gitlabToken, instanceUrl, gatewayUrl, gatewayPrefix, model };
  const sandbox = await startSandbox();
  await resources.add(() => sandbox.close());
  // No proxy of the environment leads to this machine.
  const dispatcher = new Agent();
  await resources.add(() => dispatcher.destroy());
  logger.warn('GITLAB_TOKEN is not set: answers come from a SANDBOX on this machine, not from a model.');
  return { apiKey: SANDBOX_TOKEN, instanceUrl: sandbox.url, gatewayUrl: sandbox.url, model, dispatcher };
}
