import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, realpath, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Account } from './account.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { runTool } from './run-tool.js';
import { makeTrustedDirectory, outsideDirectory } from './trusted-directory.js';

/**
 * Makes the directory of the data if need be, and returns its real path. When PostgreSQL runs as an account that
 * cannot get there (root's home is closed), the directory is a symbolic link to one outside the project.
 */
export async function openHome(directory: string, account: Account | undefined): Promise<string> {
  const parent = dirname(directory);
  await mkdir(parent, { recursive: true });
  if (account === undefined) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return realpath(directory);
  }
  const home = await realpath(directory).catch(() => undefined);
  if (home === undefined) {
    await rm(directory, { force: true });
    if (!(await canEnter(parent, account))) await linkOutside(directory, account);
    else await mkdir(directory, { recursive: true });
    return openHome(directory, account);
  }
  if ((await stat(home)).uid === 0) await give(home, account);
  if (await canEnter(home, account)) return home;
  throw new EmbeddedPostgresError(
    `${home} cannot be entered by the user that PostgreSQL is run as (uid ${account.uid}): ` +
      'move the data elsewhere, start the server as its owner, or set DATABASE_URL.',
  );
}

/** Hands a file or a directory to the account, and closes it to everyone else. */
export async function give(path: string, account: Account | undefined): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid);
  await chmod(path, (await stat(path)).isDirectory() ? 0o700 : 0o600);
}

async function linkOutside(directory: string, account: Account): Promise<void> {
  const shelf = await makeTrustedDirectory(join(await makeTrustedDirectory(outsideDirectory()), 'data'));
  const home = join(shelf, randomUUID());
  await mkdir(home);
  await give(home, account);
  try {
    await symlink(home, directory);
  } catch (error) {
    await rm(home, { recursive: true });
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function canEnter(directory: string, account: Account): Promise<boolean> {
  const options = { account, timeoutMs: 10_000 };
  return (await runTool('/bin/sh', ['-c', 'cd -- "$0"', directory], options)).succeeded;
}
