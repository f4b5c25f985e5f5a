import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

/** Runs one of the launchers of the project, and returns how it ended and what it said. */
async function launch(script: string, ...args: string[]): Promise<{ code: unknown; said: string }> {
  const child = spawn(process.execPath, [join('scripts', script), ...args], {
    cwd: project,
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[unknown]>]);
  return { code, said };
}

describe('A launcher', () => {
  it('shows each step with its number and its time, without a terminal too', async () => {
    await writeProject();
    // Nothing is there to build, which ends it.
    const { said } = await launch('start.mjs');
    expect(said).toMatch(/^\[1\/5\] Installing the dependencies… \d+(?:\.\d)? s\n\[2\/5\] Building…/);
  });

  it('shows what npm says when a step fails, and ends with its code', async () => {
    await writeProject({ missing: 'file:./missing' });
    const { code, said } = await launch('start.mjs');
    expect(code).toBe(1);
    expect(said).toMatch(
      /^\[1\/5\] Installing the dependencies…\n[^]*npm error[^]*npm ci .* failed: the reason stands above\.\n$/,
    );
    expect(said).not.toContain('[2/5]');
  });

  it('of the whole suite says at once about how long it takes, before it installs anything', async () => {
    await writeProject({ missing: 'file:./missing' });
    const cores = availableParallelism();
    const { said } = await launch('test.mjs');
    expect(said).toMatch(
      new RegExp(`^The whole suite takes about \\d+ minutes on ${cores} cores; .*\\nInstalling the dependencies…`),
    );
    expect((await launch('test.mjs', 'test/unit')).said).toMatch(/^Installing the dependencies…/);
  });
});
