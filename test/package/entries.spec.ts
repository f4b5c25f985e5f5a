import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { publint } from 'publint';
import { childEnvironment } from '../child-environment.js';
import { type PackedPackage, packPackage } from './packed-package.js';

const NODE_TIMEOUT_MS = 60_000;
const HTTP = 'nestjs-gitlab-duo/http';
/** Each subpath with something that it exports; `null` where it exports only types. */
const MEMBERS: [name: string, member: string | null][] = [
  ['nestjs-gitlab-duo', 'GitlabDuoModule'],
  [HTTP, 'GitlabDuoHttpModule'],
  ['nestjs-gitlab-duo/sandbox', 'startSandbox'],
  ['nestjs-gitlab-duo/testing', 'createDuoTestingModule'],
  ['nestjs-gitlab-duo/types', null],
];
const run = promisify(execFile);

let packed: PackedPackage;

jest.setTimeout(300_000);

beforeAll(async () => {
  packed = await packPackage();
});

afterAll(() => packed.remove());

/** Runs a program in the host, and returns what it prints. */
async function evaluate(inputType: 'module' | 'commonjs', program: string): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [`--input-type=${inputType}`, '--eval', program], {
    cwd: packed.host,
    env: childEnvironment(),
    timeout: NODE_TIMEOUT_MS,
  });
  expect(stderr).toBe('');
  return stdout.trim();
}

async function expectToLoad(name: string, member: string | null): Promise<void> {
  const loads = { module: `await import('${name}')`, commonjs: `require('${name}')` };
  for (const inputType of ['module', 'commonjs'] as const) {
    const load = loads[inputType];
    if (member === null) expect(await evaluate(inputType, `console.log(Object.keys(${load}).length)`)).toBe('0');
    else expect(await evaluate(inputType, `console.log(typeof (${load}).${member})`)).toBe('function');
  }
}

describe('The package', () => {
  it('passes publint', async () => {
    const tarball = new Uint8Array(await readFile(packed.tarball)).buffer;
    const { messages } = await publint({ pack: { tarball }, strict: true });
    expect(messages).toEqual([]);
  });

  it('resolves its types everywhere, ESM-only entries from CommonJS included', async () => {
    const tarball = new Uint8Array(await readFile(packed.tarball));
    const analysis = await checkPackage(createPackageFromTarballData(tarball));
    if (!analysis.types) throw new Error('The package has no types.');
    expect(Object.keys(analysis.entrypoints).sort()).toEqual(Object.keys(packed.manifest.exports).sort());
    expect(analysis.problems.filter(({ kind }) => kind !== 'CJSResolvesToESM')).toEqual([]);
  });

  it.each(MEMBERS)('loads as %s, by import and by require', expectToLoad);
});

describe('The package without its optional peers', () => {
  beforeAll(async () => {
    for (const peer of Object.keys(packed.manifest.peerDependenciesMeta)) {
      await rm(join(packed.host, 'node_modules', peer));
    }
  });

  it.each(MEMBERS.filter(([name]) => name !== HTTP))('loads %s', expectToLoad);

  it.each(['module', 'commonjs'] as const)('names in an error the peer that /http lacks (%s)', async (inputType) => {
    const load = inputType === 'module' ? 'await import' : 'require';
    const message = await evaluate(
      inputType,
      `try { ${load}('${HTTP}') } catch (error) { console.log(error.message) }`,
    );
    expect(message).toMatch(/Cannot find package 'class-(validator|transformer)' imported from .*nestjs-gitlab-duo/);
  });
});
