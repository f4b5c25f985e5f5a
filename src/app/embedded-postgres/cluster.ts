import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account } from './account.js';
import { type Binaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { give } from './home.js';
import { isRunning } from './process-table.js';
import { runTool } from './run-tool.js';

/** A database cluster on disk, with what is needed to run it. */
export interface Cluster {
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  /** PostgreSQL's own data directory. */
  readonly data: string;
  readonly logFile: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
  /** Without it nothing survives a crash of the machine, and all is faster. */
  readonly durable: boolean;
}

/** The directory within the home that holds the data, the password and the log. */
export const CLUSTER_DIRECTORY = 'cluster';
const UNFINISHED = 'initialising-';

/** Opens the cluster in the home, and creates it first if it is missing. */
export async function openCluster(
  home: string,
  { binaries, account, durable }: Pick<Cluster, 'binaries' | 'account' | 'durable'>,
): Promise<Cluster> {
  await removeUnfinished(home);
  const directory = join(home, CLUSTER_DIRECTORY);
  const data = join(directory, 'data');
  let version = await readVersion(data);
  if (version === undefined) {
    await initialise(home, directory, { binaries, account, durable });
    version = await readVersion(data);
  }
  if (version !== String(binaries.major)) {
    throw new EmbeddedPostgresError(
      `${data} was made by PostgreSQL ${String(version)}, and the embedded one is ${binaries.major}: carry the data ` +
        'over with pg_dump, or move the directory away to start empty, or set DATABASE_URL.',
    );
  }
  const password = await readFile(join(directory, 'password'), 'utf8');
  return { binaries, account, data, logFile: join(directory, 'server.log'), password, durable };
}

function readVersion(data: string): Promise<string | undefined> {
  return readFile(join(data, 'PG_VERSION'), 'utf8').then(
    (text) => text.trim(),
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new EmbeddedPostgresError(`${data} cannot be read: start the server as its owner, or set DATABASE_URL.`, {
        cause: error,
      });
    },
  );
}

/** Works under another name and renames at the end, so that a cluster is whole or not there. */
async function initialise(
  home: string,
  directory: string,
  { binaries, account, durable }: Pick<Cluster, 'binaries' | 'account' | 'durable'>,
): Promise<void> {
  const unfinished = join(home, `${UNFINISHED}${process.pid}-${randomUUID()}`);
  const passwordFile = join(unfinished, 'password');
  try {
    await mkdir(unfinished);
    await give(unfinished, account);
    await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
    await give(passwordFile, account);
    const { succeeded, output } = await runTool(
      binaries.initdb,
      [
        `--pgdata=${join(unfinished, 'data')}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        ...(durable ? [] : ['--no-sync']),
      ],
      { account, timeoutMs: 180_000 },
    );
    if (!succeeded) {
      throw new EmbeddedPostgresError(
        `A new database could not be made in ${home}: see below, or set DATABASE_URL.\n${output}`,
      );
    }
    await rename(unfinished, directory).catch(async (error: unknown) => {
      if ((await readVersion(join(directory, 'data'))) === undefined) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Clears away what processes left that were killed while they made a cluster. */
async function removeUnfinished(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(UNFINISHED) || isRunning(Number.parseInt(name.slice(UNFINISHED.length), 10))) continue;
    await rm(join(home, name), { recursive: true, force: true, maxRetries: 10 });
  }
}
