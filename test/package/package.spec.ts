import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { publint } from 'publint';
import ts from 'typescript';
import { childEnvironment } from '../child-environment.js';
import { compileFiles, createProgram } from './compile-project.js';
import { inferringModule } from './inferring-app.js';
import { moduleGraph } from './module-graph.js';
import { type PackedPackage, packPackage } from './packed-package.js';

const OPTIONAL_PEERS_OF: Record<string, string[]> = {
  '.': ['class-transformer', 'class-validator', 'class-validator-jsonschema'],
  './http': ['class-transformer', 'class-validator', '@nestjs/swagger'],
  './ui': ['class-transformer', 'class-validator'],
};

let packed: PackedPackage;

jest.setTimeout(300_000);

beforeAll(async () => {
  packed = await packPackage();
});

afterAll(() => packed.remove());

/** The subpaths that hold code, with their files. */
function subpaths(): [subpath: string, entries: string[]][] {
  return Object.entries(packed.manifest.exports).flatMap(([subpath, target]) =>
    typeof target === 'string' ? [] : [[subpath, [target.default, target.types]]],
  );
}

async function filesOf(entry: string): Promise<string[]> {
  return [...(await moduleGraph(packed.folder, entry)).files];
}

describe('The tarball', () => {
  it('contains the documentation of its version', async () => {
    const others = packed.files.filter((file) => !/^dist\/.*\.(js|js\.map|d\.ts)$/.test(file));
    const docs = (await readdir(join(import.meta.dirname, '../../docs'))).map((name) => `docs/${name}`);
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', ...docs, 'package.json'].sort());
  });

  it('excludes the server and its migrations', () => {
    expect(packed.files).toContain('dist/index.js');
    expect(packed.files.filter((file) => /^dist\/(app\/|main\.|migrations\/)/.test(file))).toEqual([]);
  });

  it('contains every file of its subpaths', async () => {
    const reached = await Promise.all(subpaths().flatMap(([, entries]) => entries.map(filesOf)));
    expect(reached.flat().length).toBeGreaterThan(100);
    expect(reached.flat().filter((file) => !packed.files.includes(file))).toEqual([]);
  });

  it('maps its code to sources that it contains', async () => {
    const map = JSON.parse(await readFile(join(packed.folder, 'dist/gitlab-duo.module.js.map'), 'utf8')) as {
      sourcesContent: string[];
    };
    expect(map.sourcesContent).toEqual([expect.stringContaining('export class GitlabDuoModule')]);
  });
});

describe('The imports of the package', () => {
  it('name declared dependencies; only /http and /ui need optional peers', async () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = packed.manifest;
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    expect(subpaths().length).toBeGreaterThan(2);
    for (const [subpath, entries] of subpaths()) {
      const declared = new Set([...Object.keys(dependencies), ...peers, ...(OPTIONAL_PEERS_OF[subpath] ?? [])]);
      for (const entry of entries) {
        const { libraries } = await moduleGraph(packed.folder, entry);
        const undeclared = [...libraries].filter((name) => !declared.has(name));
        expect({ entry, undeclared }).toEqual({ entry, undeclared: [] });
      }
    }
  });

  it("of the sandbox name only Node's modules and the image header reader", async () => {
    const { files, libraries } = await moduleGraph(packed.folder, './dist/sandbox/index.js');
    expect(files.size).toBeGreaterThan(1);
    expect([...libraries]).toEqual(['image-size']);
  });

  it('of optional peers are declared as such', () => {
    const optional = Object.entries(packed.manifest.peerDependenciesMeta).map(([name]) => name);
    expect(optional.sort()).toEqual([...new Set(Object.values(OPTIONAL_PEERS_OF).flat())].sort());
  });
});

it('A library may leave the types of its exports to inference', async () => {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
    strict: true,
    declaration: true,
    noEmit: true,
  };
  const folder = join(packed.host, 'inferring');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  const { name, exports } = packed.manifest;
  const entries = Object.entries(exports).flatMap(([entry, target]) =>
    typeof target === 'string'
      ? []
      : [{ specifier: join(name, entry), declarations: join(packed.folder, target.types) }],
  );
  const program = createProgram(
    entries.map(({ declarations }) => declarations),
    options,
  );
  const writing = entries.map(async ({ specifier, declarations }, index) => {
    const file = join(folder, `entry${index}.ts`);
    await writeFile(file, inferringModule(specifier, declarations, program));
    return file;
  });
  const files = await Promise.all(writing);

  expect(files).toHaveLength(7);
  expect(compileFiles(files, options)).toEqual([]);
  // The root alone too: TypeScript can name a type by any entry of the package that the program imports.
  // The declarations that it reaches are checked above.
  const root = files.filter((file) => file.endsWith('entry0.ts'));
  expect(compileFiles(root, { ...options, skipLibCheck: true })).toEqual([]);
});

const NODE_TIMEOUT_MS = 60_000;
const HTTP = 'nestjs-gitlab-duo/http';
const UI = 'nestjs-gitlab-duo/ui';
/** Each subpath with something that it exports; `null` where it exports only types. */
const MEMBERS: [name: string, member: string | null][] = [
  ['nestjs-gitlab-duo', 'GitlabDuoModule'],
  [HTTP, 'GitlabDuoHttpModule'],
  ['nestjs-gitlab-duo/openai', 'GitlabDuoOpenAiModule'],
  ['nestjs-gitlab-duo/sandbox', 'startSandbox'],
  ['nestjs-gitlab-duo/testing', 'createDuoTestingModule'],
  ['nestjs-gitlab-duo/types', null],
  [UI, 'GitlabDuoUiModule'],
];
const run = promisify(execFile);

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

/** Loads it in one process by `require` and then by `import`: a module that awaits can be loaded by `import` only. */
async function expectToLoad(name: string, member: string | null): Promise<void> {
  const shown = member === null ? 'Object.keys(entry).length' : `typeof entry.${member}`;
  const program = `const show = (entry) => console.log(${shown});
    show(require('${name}'));
    import('${name}').then(show);`;
  const expected = member === null ? '0' : 'function';
  expect((await evaluate('commonjs', program)).split('\n')).toEqual([expected, expected]);
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

  it.each(MEMBERS.filter(([name]) => name !== HTTP && name !== UI))('loads %s', expectToLoad);

  it.each(['module', 'commonjs'] as const)('names in an error the peer that /http lacks (%s)', async (inputType) => {
    const load = inputType === 'module' ? 'await import' : 'require';
    const message = await evaluate(
      inputType,
      `try { ${load}('${HTTP}') } catch (error) { console.log(error.message) }`,
    );
    expect(message).toMatch(/Cannot find package 'class-(validator|transformer)' imported from .*nestjs-gitlab-duo/);
  });
});
