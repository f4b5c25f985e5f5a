import { chmod, lstat, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';

/** Where files live that have to be outside the project. */
export function outsideDirectory(): string {
  return process.getuid?.() === 0 ? '/var/lib/nestjs-gitlab-duo' : join(homedir(), '.cache', 'nestjs-gitlab-duo');
}

/**
 * Makes a directory that everyone can enter and only the current user can change.
 * @throws EmbeddedPostgresError when it exists and another user could have written to it
 */
export async function makeTrustedDirectory(path: string): Promise<string> {
  const created = await mkdir(path, { recursive: true });
  if (created !== undefined) await chmod(path, 0o755);
  const { mode, uid } = await lstat(path);
  if (uid !== (process.getuid?.() ?? uid) || (mode & 0o022) !== 0) {
    throw new EmbeddedPostgresError(`${path} can be changed by other users, so it is not used: remove it.`);
  }
  return path;
}
