import { join } from 'node:path';
import { type Account } from './account.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { loadPlatformPackage, type PlatformPackage } from './platform-package.js';
import { runTool } from './run-tool.js';
import { stagePackage } from './staging.js';

/** PostgreSQL programs that the account can run. */
export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  /** The major version, such as 18. */
  readonly major: number;
}

/**
 * Finds the binaries in node_modules, and stages a copy of them when the account cannot run them there: root's home
 * is closed to it, or npm was kept from linking the shared libraries (`--ignore-scripts`).
 */
export async function findBinaries(account: Account | undefined): Promise<Binaries> {
  const platformPackage = await loadPlatformPackage();
  const inPlace = await tryBinaries(platformPackage.root, account);
  if (typeof inPlace !== 'string') return inPlace;
  const staged = await tryBinaries(await stagePackage(platformPackage), account);
  if (typeof staged !== 'string') return staged;
  throw new EmbeddedPostgresError(
    `The embedded PostgreSQL does not run on this machine: set DATABASE_URL to one of your own.\n${staged}`,
  );
}

/** The binaries, or what went wrong with them. */
async function tryBinaries(root: PlatformPackage['root'], account: Account | undefined): Promise<Binaries | string> {
  const program = (name: string) => join(root, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  const { succeeded, output } = await runTool(program('postgres'), ['--version'], { account, timeoutMs: 30_000 });
  const major = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
  if (!succeeded || major === undefined) return output;
  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), major: Number(major) };
}
