import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

declare global {
  /** The process that holds the test run's own PostgreSQL. */
  var testDatabaseServer: ChildProcess | undefined;
}

/** Starts a PostgreSQL for this test run, and tells the workers, unless `DATABASE_URL` names one. */
export default async function setUp({ rootDir }: { rootDir: string }): Promise<void> {
  if (process.env.DATABASE_URL) return;
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'duo-test-'));
  // PostgreSQL has to enter it also when it cannot be run as the current user, root.
  await chmod(directory, 0o711);
  const server = fork(join(rootDir, 'test/database/server-process.ts'), [directory], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, NODE_OPTIONS: '' },
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const abort = new AbortController();
  const exited = once(server, 'exit', abort);
  const [url] = (await Promise.race([
    once(server, 'message', abort),
    exited.then(() => {
      throw new Error('The PostgreSQL of the tests did not start: the reason stands above.');
    }),
  ]).finally(() => {
    abort.abort();
  })) as [string];
  process.env.DATABASE_URL = url;
  globalThis.testDatabaseServer = server;
}
