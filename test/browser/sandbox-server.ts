import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '../child-environment.js';
import { createTestDatabase } from '../database/test-database.js';
import { startDatabaseServer } from '../global-setup.js';
import { urlOf } from '../e2e/support/server-process.js';

const root = join(import.meta.dirname, '../..');

/** The built server on the sandbox, with its page. */
export interface SandboxServer {
  url: string;
  close: () => Promise<void>;
}

/** Starts it on a free port with a database of its own. */
export async function startSandboxServer(): Promise<SandboxServer> {
  const databaseServer = process.env.DATABASE_URL ? undefined : await startDatabaseServer(root);
  if (databaseServer !== undefined) process.env.DATABASE_URL = databaseServer.url;
  const database = await createTestDatabase();
  // Without a file .env of its own.
  const cwd = await mkdtemp(join(tmpdir(), 'page-server-'));
  const env = childEnvironment({ NODE_ENV: 'development', HOST: '127.0.0.1', PORT: '0', DATABASE_URL: database.url });
  const server: ChildProcess = fork(join(root, 'dist/main.js'), [], {
    cwd,
    env,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  return {
    url: await urlOf(server),
    async close() {
      const exited = once(server, 'exit');
      server.kill('SIGTERM');
      await exited;
      await database.drop();
      await databaseServer?.stop();
      await rm(cwd, { recursive: true });
    },
  };
}
