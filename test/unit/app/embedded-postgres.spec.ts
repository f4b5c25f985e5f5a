import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { childEnvironment } from '../../child-environment.js';
import { compiledProgram } from '../../compiled-program.js';
import { EmbeddedPostgresError } from '../../../src/app/embedded-postgres/embedded-postgres.error.js';
import { loadPlatformPackage } from '../../../src/app/embedded-postgres/platform-package.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/app/embedded-postgres/start-embedded-postgres.js';
import { makeTrustedDirectory } from '../../../src/app/embedded-postgres/trusted-directory.js';
import { KeptLogger } from '../../e2e/support/kept-logger.js';
import { until } from '../../e2e/support/until.js';

const isRoot = process.getuid?.() === 0;

let directory: string;
let dataDirectory: string;
const running = new Set<EmbeddedPostgres>();
const holders = new Set<ChildProcess>();

jest.setTimeout(240_000);

beforeEach(async () => {
  directory = await mkdtemp(join(await realpath(tmpdir()), "duo-o'ne ü-"));
  await chmod(directory, 0o711);
  dataDirectory = join(directory, 'postgres');
});

afterEach(async () => {
  for (const holder of holders) {
    if (holder.exitCode !== null || holder.signalCode !== null) continue;
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
  // Whatever a failed test left running is adopted, and so it can be stopped.
  if (running.size === 0 && (await exists(join(await homeOf(), 'cluster/data/postmaster.pid')))) await start();
  for (const postgres of running) await postgres.stop();
  running.clear();
  holders.clear();
  const home = await homeOf();
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  await rm(home, { recursive: true, force: true });
});

async function start(): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDirectory, database: 'test', durable: false });
  running.add(postgres);
  return postgres;
}

/** Starts it in a process of its own, which leads a process group. */
async function forkHolder(): Promise<ChildProcess> {
  const holder = fork(await compiledProgram('test/database/server-process.ts'), [directory], {
    execArgv: [],
    env: childEnvironment(),
    detached: true,
  });
  holders.add(holder);
  return holder;
}

async function forkServer(): Promise<{ holder: ChildProcess; url: string }> {
  const holder = await forkHolder();
  const url = await new Promise<string>((resolve, reject) => {
    holder.once('message', resolve);
    holder.once('exit', () => {
      reject(new Error('The holder ended before its server was ready.'));
    });
  });
  return { holder, url };
}

async function killGroup(holder: ChildProcess): Promise<void> {
  if (holder.pid === undefined) throw new Error('The holder did not start.');
  const exited = once(holder, 'exit');
  process.kill(-holder.pid, 'SIGKILL');
  await exited;
}

async function query(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 20_000 });
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(text);
    return rows[0] && Object.values(rows[0])[0];
  } finally {
    await client.end();
  }
}

function homeOf(): Promise<string> {
  return realpath(dataDirectory).catch(() => dataDirectory);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function postmasterPid(): Promise<number> {
  return Number.parseInt(await readFile(join(await homeOf(), 'cluster/data/postmaster.pid'), 'utf8'), 10);
}

describe('Embedded PostgreSQL', () => {
  it('starts, answers on the loopback interface to its password only, and keeps its data over a restart', async () => {
    const first = await start();
    expect(first.url).toMatch(/^postgres:\/\/postgres:[0-9a-f]{48}@127\.0\.0\.1:\d+\/test$/);
    await query(first.url, "CREATE TABLE kept AS SELECT 'ß' AS text");
    expect(await query(first.url, 'SHOW server_encoding')).toBe('UTF8');
    expect(await query(first.url, 'SHOW listen_addresses')).toBe('127.0.0.1');
    expect(await query(first.url, 'SHOW unix_socket_directories')).toBe('');
    const wrong = new URL(first.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(dataDirectory, 'cluster/password'))).mode & 0o777).toBe(0o600);
    expect((await stat(dataDirectory)).mode & 0o777).toBe(0o700);

    await Promise.all([first.stop(), first.stop()]);
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow();
    expect(await exists(join(dataDirectory, 'cluster/data/postmaster.pid'))).toBe(false);

    const second = await start();
    expect(await query(second.url, 'SELECT upper(text) FROM kept')).toBe('ß');
    await query(second.url, "UPDATE kept SET text = 'é'");
    expect(await query(second.url, 'SELECT upper(text) FROM kept')).toBe('É');
  });

  it('outlives the process group that started it, and is adopted by the next one', async () => {
    const { holder, url } = await forkServer();
    await query(url, 'CREATE TABLE kept AS SELECT 1 AS number');
    const pid = await postmasterPid();
    await killGroup(holder);
    expect(await query(url, 'SELECT number FROM kept')).toBe(1);

    const adopted = await start();
    expect(await postmasterPid()).toBe(pid);
    expect(adopted.url).toBe(url);
    await adopted.stop();
    await expect(query(url, 'SELECT 1')).rejects.toThrow();
  });

  it('recovers when the server itself was killed too', async () => {
    const { holder, url } = await forkServer();
    await query(url, 'CREATE TABLE kept AS SELECT 2 AS number');
    const pid = await postmasterPid();
    await killGroup(holder);
    process.kill(pid, 'SIGKILL');
    const again = await start();
    expect(await query(again.url, 'SELECT number FROM kept')).toBe(2);
  });

  describe('after it ends unexpectedly', () => {
    const log = new KeptLogger();

    beforeEach(() => {
      log.lines.length = 0;
      Logger.overrideLogger(log);
    });
    afterEach(() => {
      Logger.overrideLogger(false);
    });

    /** What was said about the server, in order. */
    const told = (): string[] => log.lines.flatMap((line) => /The embedded PostgreSQL [^]*/.exec(line) ?? []);

    async function killPostmaster(): Promise<void> {
      process.kill(await postmasterPid(), 'SIGKILL');
    }

    /** Until it answers where it did before. */
    async function untilBack(url: string): Promise<void> {
      await until(() => told().some((line) => line.includes('runs again')));
      expect(await query(url, 'SELECT 1')).toBe(1);
    }

    it('restarts on its port with its data each time, and logs it once', async () => {
      const postgres = await start();
      const { url } = postgres;
      await query(url, 'CREATE TABLE kept AS SELECT 4 AS number');
      for (const _time of [1, 2]) {
        const pid = await postmasterPid();
        log.lines.length = 0;
        await killPostmaster();
        await untilBack(url);
        expect(await postmasterPid()).not.toBe(pid);
        expect(await query(url, 'SELECT number FROM kept')).toBe(4);
        expect(told()).toEqual([
          expect.stringContaining('has ended unasked: it is being started again.'),
          expect.stringContaining('runs again.'),
        ]);
      }
      await postgres.stop();
      await expect(query(url, 'SELECT 1')).rejects.toThrow();
    });

    it('reconnects when only its connection to the owner was closed', async () => {
      const { url } = await start();
      const pid = await postmasterPid();
      await query(
        url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'process %'`,
      );
      await untilBack(url);
      expect(await postmasterPid()).toBe(pid);
    });

    it('stays stopped when it is stopped during a restart', async () => {
      const postgres = await start();
      const { url } = postgres;
      await killPostmaster();
      await until(() => told().length > 0);
      await postgres.stop();
      await sleep(1_000);
      await expect(query(url, 'SELECT 1')).rejects.toThrow();
      expect(await exists(join(dataDirectory, 'cluster/data/postmaster.pid'))).toBe(false);
    });

    it('gives up, with the reason, when it cannot restart', async () => {
      await start();
      const settings = join(await homeOf(), 'cluster/data/postgresql.conf');
      const before = await readFile(settings);
      await writeFile(settings, 'no_such_setting = 1\n');
      await killPostmaster();
      await until(() => told().some((line) => line.includes('does not stay up')), 200_000);
      expect(told()).toEqual([
        expect.stringContaining('has ended unasked'),
        expect.stringMatching(/does not stay up: .* set DATABASE_URL\.[^]*no_such_setting/),
      ]);
      await writeFile(settings, before);
    });
  });

  it('starts when another program has taken the process id of its killed server', async () => {
    await (await start()).stop();
    const file = join(dataDirectory, 'cluster/data/postmaster.pid');
    await writeFile(file, `${process.pid}\n${join(dataDirectory, 'cluster/data')}\n0\n1\n\n127.0.0.1\n\nready   \n`);
    const again = await start();
    expect(await query(again.url, 'SELECT 1')).toBe(1);
    expect(await postmasterPid()).not.toBe(process.pid);
  });

  it('ends with its holder, and leaves nothing that keeps a process alive', async () => {
    const { holder, url } = await forkServer();
    const exited = once(holder, 'exit');
    holder.disconnect();
    expect(await exited).toEqual([0, null]);
    await expect(query(url, 'SELECT 1')).rejects.toThrow();
    expect(await exists(directory)).toBe(false);
    await mkdir(directory);
  });

  it('starts over when the process was killed while it created the data', async () => {
    const holder = await forkHolder();
    const isUnfinished = (name: string) => name.startsWith('initialising-');
    while (!(await readdir(dataDirectory).catch(() => [])).some(isUnfinished)) await sleep(2);
    await killGroup(holder);
    expect(await readdir(dataDirectory)).not.toContain('cluster');
    const postgres = await start();
    expect(await query(postgres.url, 'SELECT 1')).toBe(1);
    expect(await readdir(dataDirectory)).toEqual(['cluster']);
  });

  it('refuses a directory that a running process uses, and leaves that process alone', async () => {
    const { holder, url } = await forkServer();
    const attempt = start();
    await expect(attempt).rejects.toThrow(EmbeddedPostgresError);
    await expect(attempt).rejects.toThrow(`in use by process ${String(holder.pid)}`);
    expect(await query(url, 'SELECT 1')).toBe(1);
  });

  it('refuses data of another major version', async () => {
    await (await start()).stop();
    await writeFile(join(dataDirectory, 'cluster/data/PG_VERSION'), '17\n');
    await expect(start()).rejects.toThrow(/made by PostgreSQL 17, .*pg_dump/s);
  });

  (isRoot ? it : it.skip)('keeps the data outside a folder that only root can enter', async () => {
    await chmod(directory, 0o700);
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 3 AS number');
    await first.stop();
    expect((await lstat(dataDirectory)).isSymbolicLink()).toBe(true);
    const home = await realpath(dataDirectory);
    expect(home).toMatch(/^\/var\/lib\/nestjs-gitlab-duo\/data\//);
    const { mode, uid } = await stat(home);
    expect(mode & 0o777).toBe(0o700);
    expect(uid).not.toBe(0);
    expect(await query((await start()).url, 'SELECT number FROM kept')).toBe(3);
  });

  (isRoot ? it : it.skip)('does not run as root', async () => {
    await start();
    expect((await stat(`/proc/${await postmasterPid()}`)).uid).not.toBe(0);
  });

  it('explains what to do without binaries', async () => {
    await expect(loadPlatformPackage('@embedded-postgres/plan9-pdp11')).rejects.toThrow(/plan9-pdp11.*DATABASE_URL/s);
  });

  it('rejects a directory that other users can change', async () => {
    await expect(makeTrustedDirectory(join(directory, 'mine'))).resolves.toBe(join(directory, 'mine'));
    await chmod(join(directory, 'mine'), 0o777);
    await expect(makeTrustedDirectory(join(directory, 'mine'))).rejects.toThrow(EmbeddedPostgresError);
  });
});
