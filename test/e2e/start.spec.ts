import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { serverDocument } from '../../src/app/server-document.js';
import { childEnvironment } from '../child-environment.js';
import { HttpClient } from './support/http-client.js';

const root = join(import.meta.dirname, '../..');
const NOT_IN_A_CLONE = ['.data', '.env', '.git', 'coverage', 'dist', 'node_modules'];
/** For the end of everything on a busy machine, in milliseconds. */
const STOP_MS = 60_000;
/** For a build and a start on a busy machine, in milliseconds. */
const START_MS = 240_000;

interface Server {
  readonly npm: ChildProcess;
  readonly group: number;
  readonly url: string;
  readonly postmaster: number;
  /** What was said on standard error until the server was ready. */
  readonly said: string;
}

let clone: string;
let started: Server[] = [];

jest.setTimeout(START_MS + 2 * STOP_MS);

beforeAll(async () => {
  clone = await mkdtemp(join(await realpath(tmpdir()), 'duo-start-'));
  await cp(root, clone, {
    recursive: true,
    filter: (source) => !NOT_IN_A_CLONE.some((name) => source === join(root, name)),
  });
  // Link by link: should the launcher install anything, it replaces the links, and not what they point to.
  await mkdir(join(clone, 'node_modules'));
  for (const name of await readdir(join(root, 'node_modules'))) {
    await symlink(join(root, 'node_modules', name), join(clone, 'node_modules', name));
  }
});

afterEach(async () => {
  for (const { group, postmaster } of started) {
    signal(-group, 'SIGKILL');
    if (await isPostgres(postmaster)) signal(postmaster, 'SIGINT');
    await until(async () => (await living(postmaster)).length === 0);
  }
  started = [];
});

afterAll(async () => {
  const home = await realpath(join(clone, '.data/postgres')).catch(() => undefined);
  await rm(clone, { recursive: true, force: true, maxRetries: 10 });
  if (home !== undefined) await rm(home, { recursive: true, force: true, maxRetries: 10 });
});

/** This process's environment, without what would make another server of the one that starts. */
function environment(): NodeJS.ProcessEnv {
  const {
    DATABASE_URL: _url,
    GITLAB_TOKEN: _token,
    API_KEYS: _keys,
    HOST: _host,
    ...rest
  } = childEnvironment({ NODE_ENV: 'development' });
  return rest;
}

/** Types `npm start` in the clone, and waits until the server is ready. */
async function start(): Promise<Server> {
  const port = await freePort();
  const npm = spawn('npm', ['start'], {
    cwd: clone,
    env: { ...environment(), PORT: String(port) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (npm.pid === undefined) throw new Error('npm cannot be run.');
  const output: string[] = [];
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk: Buffer) => output.push(String(chunk)));
  let said = '';
  npm.stderr.on('data', (chunk: Buffer) => (said += String(chunk)));
  const url = `http://127.0.0.1:${port}`;
  await until(async () => {
    if (npm.exitCode !== null) throw new Error(`npm start ended:\n${output.join('')}`);
    return (await statusOf(`${url}/health/ready`)) === 200;
  }, START_MS);
  const postmaster = Number.parseInt(await readFile(join(clone, '.data/postgres/cluster/data/postmaster.pid'), 'utf8'));
  const server = { npm, group: npm.pid, url, postmaster, said };
  started.push(server);
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(condition: () => Promise<boolean>, limitMs = STOP_MS): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`This did not happen within ${limitMs / 1_000} s: ${condition.toString()}`);
    await sleep(50);
  }
}

/** The status of the answer; 0 when there is none. */
async function statusOf(url: string): Promise<number> {
  return fetch(url, { signal: AbortSignal.timeout(30_000) }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 0,
  );
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}

/** The processes of a group that still run: in a container, those that ended may stay in the table. */
async function living(group: number): Promise<number[]> {
  if (process.platform !== 'linux') return isAnswering(-group) ? [group] : [];
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const isLiving = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const [state, , processGroup] = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return Number(processGroup) === group && state !== 'Z';
    }),
  );
  return pids.filter((_pid, index) => isLiving[index]);
}

function isAnswering(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return isAnswering(pid);
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return basename(command.split('\0')[0] ?? '') === 'postgres';
}

/** Waits until neither the server, nor its launchers, nor its database run any more. */
async function expectAllEnded({ url, group, postmaster }: Server): Promise<void> {
  await until(async () => (await living(group)).length === 0 && (await living(postmaster)).length === 0);
  expect(await statusOf(`${url}/health/ready`)).toBe(0);
}

/** The docs are a page for people, whose parts are there, and a document for programs. */
async function expectDocs(url: string): Promise<void> {
  const client = new HttpClient(url);
  const page = await client.send('GET', '/docs', undefined, { accept: 'text/html,application/json;q=0.9' });
  expect([page.status, page.get('x-request-id')]).toEqual([200, expect.any(String)]);
  const links = [...page.text.matchAll(/(?:src|href)="\.(\/docs\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(links).toEqual(expect.arrayContaining(['/docs/swagger-ui.css', '/docs/swagger-ui-init.js']));
  for (const path of links) expect([path, await statusOf(url + path)]).toEqual([path, 200]);
  for (const [path, accept] of [
    ['/docs-json', '*/*'],
    ['/docs', 'application/json'],
  ] as const) {
    const { body } = await client.send('GET', path, undefined, { accept });
    expect(body).toEqual(structuredClone(serverDocument()));
  }
}

describe('npm start', () => {
  it('builds and starts from a clone, shows its five steps with their times, and ends with a SIGTERM to npm', async () => {
    const server = await start();
    expect(await isPostgres(server.postmaster)).toBe(true);
    const steps = [
      'Installing the dependencies',
      'Building',
      'Starting the database',
      'Running the migrations',
      'Starting the server',
    ];
    const lines = steps.map((name, index) => `\\[${index + 1}/5\\] ${name}… \\d+(\\.\\d)? s\\n`);
    expect(server.said).toMatch(new RegExp(lines.join('')));
    await expectDocs(server.url);
    signal(server.group, 'SIGTERM');
    await expectAllEnded(server);
  });

  it('restarts its database when that is killed, and loses no chat', async () => {
    const server = await start();
    const created = await fetch(`${server.url}/chats`, { method: 'POST' });
    const { id } = (await created.json()) as { id: string };
    signal(server.postmaster, 'SIGKILL');
    const file = join(clone, '.data/postgres/cluster/data/postmaster.pid');
    const pid = async (): Promise<number> => Number.parseInt(await readFile(file, 'utf8').catch(() => ''));
    await until(async () => (await pid()) > 0 && (await pid()) !== server.postmaster);
    await until(async () => (await statusOf(`${server.url}/chats/${id}`)) === 200);
    const answer = await fetch(`${server.url}/chats/${id}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"content":"Hello"}',
    });
    expect(answer.status).toBe(201);

    const postmaster = await pid();
    started.push({ ...server, postmaster });
    signal(server.group, 'SIGTERM');
    await expectAllEnded({ ...server, postmaster });
  });

  it('ends with Ctrl-C, which reaches the whole process group', async () => {
    const server = await start();
    signal(-server.group, 'SIGINT');
    await expectAllEnded(server);
  });

  (process.platform === 'linux' ? it : it.skip)('ends when npm is killed', async () => {
    const server = await start();
    signal(server.group, 'SIGKILL');
    await expectAllEnded(server);
  });

  it('explains why it admits no other machines without keys', async () => {
    const npm = spawn('npm', ['start'], { cwd: clone, env: { ...environment(), HOST: '0.0.0.0' }, stdio: 'pipe' });
    const [output, [code]] = await Promise.all([text(npm.stderr), once(npm, 'exit') as Promise<[number]>]);
    expect(code).toBe(1);
    expect(output).toContain('The server did not start. HOST is "0.0.0.0"');
    expect(output).toContain('Set API_KEYS');
  });

  it('prints only JSON in production, from its launcher to the end of the server', async () => {
    const env = { ...environment(), NODE_ENV: 'production' };
    const npm = spawn('npm', ['start', '--silent'], { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, errors, [code]] = await Promise.all([
      text(npm.stdout),
      text(npm.stderr),
      once(npm, 'exit') as Promise<[number]>,
    ]);
    expect(code).toBe(1);
    const lines = `${output}${errors}`.split('\n').filter((line) => line !== '');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      ...['Installing the dependencies…', 'Installing the dependencies: done', 'Building…', 'Building: done'].map(
        (message) => expect.objectContaining({ level: 'log', context: 'Launcher', message }),
      ),
      expect.objectContaining({
        level: 'error',
        context: 'Server',
        message: expect.stringContaining('NODE_ENV is production and GITLAB_TOKEN is not set'),
      }),
    ]);
  });

  it('starts again after everything was killed, with everything that was acknowledged', async () => {
    const killed = await start();
    const id = await new HttpClient(killed.url).createChat();
    signal(-killed.group, 'SIGKILL');
    await until(async () => (await living(killed.group)).length === 0);

    const again = await start();
    expect(await statusOf(`${again.url}/chats/${id}`)).toBe(200);
    signal(again.group, 'SIGTERM');
    await expectAllEnded(again);
  });
});
