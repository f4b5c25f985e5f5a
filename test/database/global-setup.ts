import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An embedded PostgreSQL in a process of its own, which ends when this one does. */
export interface DatabaseServer {
  readonly url: string;
  stop(): Promise<void>;
}

declare global {
  /** The test run's own PostgreSQL. */
  var testDatabaseServer: DatabaseServer | undefined;
}

/** Starts a PostgreSQL for this test run, and tells the workers, unless `DATABASE_URL` names one. */
export default async function setUp({ rootDir }: { rootDir: string }): Promise<void> {
  if (process.env.DATABASE_URL) return;
  globalThis.testDatabaseServer = await startDatabaseServer(rootDir);
  process.env.DATABASE_URL = globalThis.testDatabaseServer.url;
}

/** @param root the root of the project */
export async function startDatabaseServer(root: string): Promise<DatabaseServer> {
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'duo-test-'));
  // PostgreSQL has to enter it also when it cannot be run as the current user, root.
  await chmod(directory, 0o711);
  const server = fork(join(root, 'test/database/server-process.ts'), [directory], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, NODE_OPTIONS: '' },
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const url = await firstMessage(server);
  return {
    url,
    async stop() {
      if (server.exitCode !== null || !server.connected) return;
      const exited = once(server, 'exit');
      server.disconnect();
      await exited;
    },
  };
}

async function firstMessage(server: ChildProcess): Promise<string> {
  const abort = new AbortController();
  const exited = once(server, 'exit', abort).then(() => {
    throw new Error('The PostgreSQL of the tests did not start: the reason stands above.');
  });
  const message = once(server, 'message', abort);
  const [url] = (await Promise.race([message, exited]).finally(() => {
    abort.abort();
  })) as [string];
  return url;
}
