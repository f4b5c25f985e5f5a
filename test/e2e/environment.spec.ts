import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HttpClient } from './support/http-client.js';
import { forkServer, urlOf } from './support/server-process.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const KEY = 'Key-of-anna-in-the-file';

/** It makes the tables, and has the sandbox. */
let tables: TestServer;
let directory: string;
let server: ChildProcess | undefined;

jest.setTimeout(120_000);

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

describe('Server settings', () => {
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
