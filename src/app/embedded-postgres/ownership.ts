import { Socket } from 'node:net';
import pg from 'pg';
import { type Cluster } from './cluster.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';

/** The one process that may use and stop the server of a cluster. */
export interface Ownership {
  readonly client: pg.Client;
  readonly port: number;
}

/** Why the server cannot be owned now: it does not answer yet (or no more), or it has an owner, of this description. */
export type Refusal = { readonly reason: 'not-ready' } | { readonly reason: 'owned'; readonly owner: string };

/** Any number will do: the lock is taken in the database `postgres`, which the application does not use. */
const LOCK = 7_313_001;
const NOT_READY_CODES = ['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03'];

/**
 * Takes the lock of the cluster on a connection that is kept. PostgreSQL releases it when this process ends, however
 * it ends, so a killed process leaves a server without an owner, which the next one adopts.
 */
export async function takeOwnership(cluster: Cluster, port: number): Promise<Ownership | Refusal> {
  const socket = new Socket();
  const client = new pg.Client({
    stream: () => socket,
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: cluster.password,
    database: 'postgres',
    ssl: false,
    application_name: `process ${process.pid}`,
    connectionTimeoutMillis: 10_000,
    query_timeout: 30_000,
  });
  // Stopping the server ends the connection, which is no news to anyone.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const owner = await lock(client, cluster);
    if (owner === undefined) {
      socket.unref();
      return { client, port };
    }
    await client.end();
    return { reason: 'owned', owner };
  } catch (error) {
    await client.end().catch(() => undefined);
    if (isNotReady(error)) return { reason: 'not-ready' };
    throw error;
  }
}

/** Returns nothing when the lock was taken, and otherwise who has it. */
async function lock(client: pg.Client, cluster: Cluster): Promise<string | undefined> {
  const { rows } = await client.query<{ directory: string; taken: boolean; owner: string | null }>(
    `SELECT current_setting('data_directory') AS directory, pg_try_advisory_lock($1) AS taken,
            (SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
              WHERE locktype = 'advisory' AND objid = $1 AND granted LIMIT 1) AS owner`,
    [LOCK],
  );
  const row = rows[0];
  if (row?.directory !== cluster.data) {
    throw new EmbeddedPostgresError(
      `${cluster.data} was moved while its PostgreSQL ran from ${String(row?.directory)}: stop that one first, or set DATABASE_URL.`,
    );
  }
  return row.taken ? undefined : (row.owner ?? 'another process');
}

function isNotReady(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined) return NOT_READY_CODES.includes(code);
  return /timeout|terminated/i.test(error.message);
}
