import { readFile, rename, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Cluster } from './cluster.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { commandOf, isRunning } from './process-table.js';
import { runTool } from './run-tool.js';

/** A PostgreSQL server process that runs a cluster. */
export interface Postmaster {
  readonly pid: number;
  /** Undefined while it starts. */
  readonly port: number | undefined;
}

const PID_LINE = 0;
const PORT_LINE = 3;
/** Reasons for a failed start that pass by themselves: another port, or leftovers of a killed server that still end. */
const PASSING = /Address already in use|could not bind|shared memory block .* still in use|lock file .* already exists/;

/** The server that runs the cluster now, maybe left over from a process that was killed. */
export async function findPostmaster(cluster: Cluster): Promise<Postmaster | undefined> {
  const file = join(cluster.data, 'postmaster.pid');
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[PID_LINE]);
  if (!Number.isInteger(pid) || pid < 1 || !isRunning(pid)) return undefined;
  const command = await commandOf(pid);
  if (command !== undefined && !command.includes('postgres')) {
    // After a restart of the machine or the container the number belongs to another process, which would stop the start.
    await rm(file, { force: true });
    return undefined;
  }
  const port = Number(lines[PORT_LINE]);
  return { pid, port: Number.isInteger(port) && port > 0 ? port : undefined };
}

/**
 * Starts a server for the cluster on a port of the loopback interface, and returns whether it started. If not, that is
 * worth another try.
 * @param port a free one by default
 * @throws EmbeddedPostgresError when another try would not help
 */
export async function startPostmaster(cluster: Cluster, port?: number): Promise<boolean> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    ...(cluster.durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  const server = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  await rename(cluster.logFile, `${cluster.logFile}.previous`).catch(() => undefined);
  const { succeeded, output } = await runPgCtl(
    cluster,
    ['start', `--log=${cluster.logFile}`, `--options=-p ${port ?? (await findFreePort())} ${server.join(' ')}`],
    60,
  );
  if (succeeded || (await findPostmaster(cluster)) !== undefined) return true;
  const log = await readFile(cluster.logFile, 'utf8').catch(() => '');
  if (PASSING.test(log)) return false;
  throw new EmbeddedPostgresError(
    `The embedded PostgreSQL did not start: see below, or set DATABASE_URL.\n${output}\n${log.slice(-2_000)}`,
  );
}

/** Stops the server of the cluster, at most after 8 seconds. What is committed stays, even when it has to be hard. */
export async function stopPostmaster(cluster: Cluster): Promise<void> {
  let output = '';
  for (const [mode, seconds] of [
    ['fast', 5],
    ['immediate', 3],
  ] as const) {
    if ((await findPostmaster(cluster)) === undefined) return;
    ({ output } = await runPgCtl(cluster, ['stop', `--mode=${mode}`], seconds));
  }
  const postmaster = await findPostmaster(cluster);
  if (postmaster === undefined) return;
  throw new EmbeddedPostgresError(`The embedded PostgreSQL, process ${postmaster.pid}, does not stop:\n${output}`);
}

function runPgCtl({ account, binaries, data }: Cluster, args: readonly string[], seconds: number) {
  return runTool(binaries.pgCtl, [...args, '--wait', `--timeout=${seconds}`, `--pgdata=${data}`], {
    account,
    timeoutMs: seconds * 1_000 + 5_000,
  });
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
