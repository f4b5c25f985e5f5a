import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, chmod, mkdtemp, realpath, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';

// Jest requires this file as CommonJS, which finds no other file of ours.

/** The programs that the whole suite needs, as CONTRIBUTING.md says: tests find no others on their path. */
export const PROGRAMS = ['git', 'node', 'npm', 'sh'];

/** The variable that keeps the path of the one who runs the tests. */
export const WHOLE_PATH = 'DUO_TEST_WHOLE_PATH';

/** An embedded PostgreSQL in a process of its own, which ends when this one does. */
export interface DatabaseServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The variable that names the folder for programs that tests compile: see test/compiled-program.ts. */
export const COMPILED_FOLDER = 'DUO_TEST_COMPILED';

declare global {
  /** The test run's own PostgreSQL. */
  var testDatabaseServer: DatabaseServer | undefined;
  /** The folder of the programs that tests find. */
  var testPrograms: string | undefined;
  /** The folder for programs that tests compile. */
  var testCompiled: string | undefined;
}

/** Limits the programs of this test run, and starts a PostgreSQL for it unless `DATABASE_URL` names one; tells the workers. */
export default async function setUp({ rootDir }: { rootDir: string }): Promise<void> {
  globalThis.testPrograms = await limitPrograms();
  globalThis.testCompiled = await mkdtemp(join(await realpath(tmpdir()), 'duo-compiled-'));
  process.env[COMPILED_FOLDER] = globalThis.testCompiled;
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

/**
 * Sets the path of this process, and of what it starts, to a folder that has nothing but `PROGRAMS`, so that a test that
 * needs another one fails on every machine.
 * @returns the folder; undefined where the platform keeps programs of its own on the path that we do need
 */
async function limitPrograms(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { PATH = '', npm_execpath: npm = '' } = process.env;
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'duo-programs-'));
  await chmod(folder, 0o755);
  const known: Record<string, string> = {
    node: process.execPath,
    // What stands first on the path may be a script of a version manager, which needs more than that.
    ...(basename(npm) === 'npm-cli.js' && { npm }),
  };
  for (const name of PROGRAMS) {
    const program = known[name] ?? (await find(name, PATH));
    if (program !== undefined) await symlink(program, join(folder, name));
  }
  process.env[WHOLE_PATH] = PATH;
  process.env.PATH = folder;
  return folder;
}

async function find(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const program = join(folder, name);
    const isProgram = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isProgram) return realpath(program);
  }
  return undefined;
}
