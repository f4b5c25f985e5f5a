import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { findAccount } from './account.js';
import { findBinaries } from './binaries.js';
import { type Cluster, CLUSTER_DIRECTORY, openCluster } from './cluster.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { openHome } from './home.js';
import { type Ownership, takeOwnership } from './ownership.js';
import { findPostmaster, startPostmaster, stopPostmaster } from './postmaster.js';
import { Supervision } from './supervision.js';

export interface EmbeddedPostgresOptions {
  /** Where the data lives; made when missing. */
  dataDirectory: string;
  /** The database to connect to; created when missing. */
  database: string;
  /** Whether data survives a crash of the machine; true by default. Tests are faster without. */
  durable?: boolean;
}

/** A running PostgreSQL that this process alone uses. */
export interface EmbeddedPostgres {
  /** Of the database, with user and password. */
  readonly url: string;
  /** Stops the server; what is committed stays. Can be called again. */
  stop(): Promise<void>;
}

/** A server that is ending is waited for this long, in milliseconds, before its owner counts as staying. */
const OWNER_PATIENCE_MS = 12_000;
/** A server that recovers from a crash may take this long to answer, in milliseconds. */
const START_PATIENCE_MS = 120_000;

/**
 * Starts a real PostgreSQL on the loopback interface, or adopts the one that a killed process left in the directory.
 * It survives the end of this process unless `stop` is called; while this process lives, it is started again when it ends
 * otherwise, on the same port.
 * @throws EmbeddedPostgresError when it cannot run here, or another living process uses the directory
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.dataDirectory);
  const account = await findAccount(join(directory, CLUSTER_DIRECTORY));
  const home = await openHome(directory, account);
  const binaries = await findBinaries(account);
  const cluster = await openCluster(home, { binaries, account, durable: options.durable ?? true });
  const ownership = await own(cluster);
  const { client, port } = ownership;
  const supervision = new Supervision(ownership, (port, signal) => own(cluster, port, signal));

  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= stopServer(cluster, supervision));
  try {
    await createDatabase(client, options.database);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `postgres://postgres:${cluster.password}@127.0.0.1:${port}/${encodeURIComponent(options.database)}`,
    stop,
  };
}

async function stopServer(cluster: Cluster, supervision: Supervision): Promise<void> {
  const { client } = await supervision.stop();
  await stopPostmaster(cluster).finally(() => client.end().catch(() => undefined));
}

/**
 * Starts the server unless it runs, and claims it unless another process has. Other processes may do the same.
 * @param port where a server that is started listens; on any free one by default
 */
async function own(cluster: Cluster, port?: number, signal?: AbortSignal): Promise<Ownership> {
  const begin = Date.now();
  let obstacle = 'It does not answer.';
  while (Date.now() - begin < START_PATIENCE_MS) {
    signal?.throwIfAborted();
    const postmaster = await findPostmaster(cluster);
    if (postmaster === undefined) {
      if (await startPostmaster(cluster, port)) continue;
      obstacle = `See ${cluster.logFile}.`;
    } else if (postmaster.port !== undefined) {
      const outcome = await takeOwnership(cluster, postmaster.port);
      if ('client' in outcome) return outcome;
      if (outcome.reason === 'owned' && Date.now() - begin > OWNER_PATIENCE_MS) {
        throw new EmbeddedPostgresError(
          `The database in ${cluster.data} is in use by ${outcome.owner}: stop that first, or set DATABASE_URL.`,
        );
      }
      obstacle = `Process ${postmaster.pid} does not answer.`;
    }
    await sleep(200);
  }
  throw new EmbeddedPostgresError(
    `The embedded PostgreSQL in ${cluster.data} was not ready in time. ${obstacle} Try again, or set DATABASE_URL.`,
  );
}

async function createDatabase(client: pg.Client, name: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
}
