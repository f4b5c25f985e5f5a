import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { childEnvironment } from '../child-environment.js';

const root = join(import.meta.dirname, '../..');

let project: string;

jest.setTimeout(120_000);

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'duo-launchers-'));
  await cp(join(root, 'scripts'), join(project, 'scripts'), { recursive: true });
});
afterEach(() => rm(project, { recursive: true, force: true }));

/** Writes a project with these dependencies, and a lock file that has none. */
async function writeProject(dependencies: Record<string, string> = {}): Promise<void> {
  const manifest = { name: 'project', version: '1.0.0', engines: { node: '>=20.19' } };
  const lock = { ...manifest, lockfileVersion: 3, requires: true, packages: { '': manifest } };
  await writeFile(join(project, 'package.json'), JSON.stringify({ ...manifest, dependencies }));
  await writeFile(join(project, 'package-lock.json'), JSON.stringify(lock));
}

interface Launched {
  code: unknown;
  /** What it said on standard error. */
  said: string;
  /** What it printed on standard output. */
  printed: string;
}

/** Runs one of the launchers of the project, and returns how it ended and what it said. */
async function launch([script = '', ...args]: string[], variables: NodeJS.ProcessEnv = {}): Promise<Launched> {
  const child = spawn(process.execPath, [join('scripts', script), ...args], {
    cwd: project,
    env: childEnvironment(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, printed, [code]] = await Promise.all([
    text(child.stderr),
    text(child.stdout),
    once(child, 'exit') as Promise<[unknown]>,
  ]);
  return { code, said, printed };
}

/** The lines of both outputs; one that is not JSON fails the test and is shown. */
function logged({ said, printed }: Launched): unknown[] {
  return [...printed.split('\n'), ...said.split('\n')]
    .filter((line) => line !== '')
    .map((line) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        throw new Error(`This line is not JSON: ${line}`);
      }
    });
}

describe('A launcher', () => {
  it('shows each step with its number and its time, without a terminal too', async () => {
    await writeProject();
    // Nothing is there to build, which ends it.
    const { said } = await launch(['start.mjs']);
    expect(said).toMatch(/^\[1\/5\] Installing the dependencies… \d+(?:\.\d)? s\n\[2\/5\] Building…/);
  });

  it("shows npm's output if a step fails, and ends with its exit code", async () => {
    await writeProject({ missing: 'file:./missing' });
    const { code, said } = await launch(['start.mjs']);
    expect(code).toBe(1);
    expect(said).toMatch(
      /^\[1\/5\] Installing the dependencies…\n[^]*npm error[^]*npm ci .* failed: see its output above\.\n$/,
    );
    expect(said).not.toContain('[2/5]');
  });

  it('announces the duration of the whole suite before it installs anything', async () => {
    await writeProject({ missing: 'file:./missing' });
    const cores = availableParallelism();
    const { said } = await launch(['test.mjs']);
    expect(said).toMatch(
      new RegExp(`^The whole suite takes about \\d+ minutes on ${cores} cores; .*\\nInstalling the dependencies…`),
    );
    expect((await launch(['test.mjs', 'test/unit'])).said).toMatch(/^Installing the dependencies…/);
  });

  describe('of the server, in production', () => {
    const common = { pid: expect.any(Number), timestamp: expect.any(Number), context: 'Launcher' };
    const installed = [
      { ...common, level: 'log', message: 'Installing the dependencies…' },
      { ...common, level: 'log', message: 'Installing the dependencies: done', durationMs: expect.any(Number) },
    ];

    it.each<[where: string, variables: NodeJS.ProcessEnv, file: string]>([
      ['by its environment', { NODE_ENV: ' production ' }, ''],
      ['by the file .env', { NODE_ENV: undefined }, 'export NODE_ENV="production" # here'],
    ])("prints each step as JSON with the fields of the server's lines, %s", async (_where, variables, file) => {
      await writeProject();
      await writeFile(join(project, '.env'), file);
      const launched = await launch(['start.mjs'], variables);
      expect(logged(launched)).toEqual([
        ...installed,
        { ...common, level: 'log', message: 'Building…' },
        // Nothing is there to build.
        expect.objectContaining({ ...common, level: 'fatal', error: expect.objectContaining({ name: 'Error' }) }),
      ]);
      expect(launched.code).toBe(1);
    });

    it('prints text if the environment overrides production of the file .env', async () => {
      await writeProject();
      await writeFile(join(project, '.env'), 'NODE_ENV=production');
      expect((await launch(['start.mjs'], { NODE_ENV: '' })).said).toMatch(/^\[1\/5\] Installing the dependencies… /);
    });

    it("prints npm's output as JSON if a step fails, and ends with its exit code", async () => {
      await writeProject({ missing: 'file:./missing' });
      const launched = await launch(['start.mjs'], { NODE_ENV: 'production' });
      expect(logged(launched)).toEqual([
        installed[0],
        {
          ...common,
          level: 'error',
          message: expect.stringMatching(/^npm ci .* failed$/),
          output: expect.stringContaining('npm error'),
        },
      ]);
      expect(launched).toMatchObject({ code: 1, said: expect.stringContaining('npm error') });
    });

    it('prints as JSON that it waits for another process that prepares the folder', async () => {
      await writeProject();
      await mkdir(join(project, '.data'));
      // One that was killed a while ago.
      await writeFile(join(project, '.data/prepare.lock'), '');
      await utimes(join(project, '.data/prepare.lock'), 0, 0);
      const launched = await launch(['start.mjs'], { NODE_ENV: 'production' });
      expect(logged(launched)).toContainEqual({
        ...common,
        level: 'warn',
        message: 'Waiting for another process that prepares this folder…',
      });
    });
  });
});
