import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import ts from 'typescript';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { compileProject } from './compile-project.js';
import { EXAMPLES } from './examples.js';
import { type PackedPackage, packPackage, root } from './packed-package.js';
import { startApp } from './running-app.js';

let packed: PackedPackage;
let examples: string;

jest.setTimeout(300_000);

beforeAll(async () => {
  packed = await packPackage();
  examples = join(packed.host, 'examples');
  const isSource = (path: string) => !/\/(dist|node_modules)$/.test(path);
  await cp(join(root, 'examples'), examples, { recursive: true, filter: isSource });
});

afterAll(() => packed.remove());

it('tests every example, and examples/README.md names it', async () => {
  const entries = await readdir(join(root, 'examples'), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(EXAMPLES.map(({ name }) => name).sort()).toEqual(folders.sort());
  const index = await readFile(join(root, 'examples/README.md'), 'utf8');
  for (const name of folders) expect(index).toContain(`](${name}/README.md)`);
});

it.each(EXAMPLES)('$name declares the libraries that it imports', async ({ name }) => {
  const manifest = JSON.parse(await readFile(join(root, 'examples', name, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    private: boolean;
  };
  const folder = join(root, 'examples', name, 'src');
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sources = files
    .filter((entry) => entry.isFile())
    .map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8'));
  const imported = (await Promise.all(sources)).flatMap((source) =>
    ts.preProcessFile(source).importedFiles.map(({ fileName }) => fileName),
  );
  const libraries = imported
    .filter((specifier) => !specifier.startsWith('.'))
    .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
  expect(manifest.private).toBe(true);
  expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining([...new Set(libraries)]));
});

describe.each(EXAMPLES)('$name', (example) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(() => database.drop());

  it('compiles, and does what its README says', async () => {
    const folder = join(examples, example.name);
    expect(compileProject(folder)).toEqual([]);

    const app = await startApp(process.execPath, ['dist/main.js'], folder, {
      DATABASE_URL: database.url,
      PORT: '0',
    });
    try {
      await example.visit(app.url);
      await app.stop();
      expect(app.complaints()).toBe('');
    } finally {
      app.kill();
    }
  });
});

it('tools-and-approvals lets TypeScript check the declarations of its libraries', async () => {
  expect(await readFile(join(examples, 'tools-and-approvals/tsconfig.json'), 'utf8')).toContain(
    '"skipLibCheck": false',
  );
});

it('commonjs-host compiles with the declarations of its libraries checked, and settings that are older than nodenext', () => {
  const { CommonJS } = ts.ModuleKind;
  const { Bundler } = ts.ModuleResolutionKind;
  const options = { module: CommonJS, moduleResolution: Bundler, skipLibCheck: false, noEmit: true };
  expect(compileProject(join(examples, 'commonjs-host'), options)).toEqual([]);
});
