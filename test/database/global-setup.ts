import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

declare global {
  /** The process that holds the test run's own PostgreSQL. */
  var testDatabaseServer: ChildProcess | undefined;
}

/** Starts a PostgreSQL for this test run, and tells the workers, unless `DATABASE_URL` names one. */
export default async function setUp({ rootDir }: { rootDir: string }): Promise<void> {
  if (process.env.DATABASE_URL) return;
  const server = fork(join(rootDir, 'test/database/server-process.ts'), {
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
