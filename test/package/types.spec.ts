import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import ts from 'typescript';
import { compileFiles } from './compile-project.js';
import { inferringModule } from './inferring-app.js';
import { type PackedPackage, packPackage } from './packed-package.js';

let packed: PackedPackage;

jest.setTimeout(300_000);

beforeAll(async () => {
  packed = await packPackage();
});

afterAll(() => packed.remove());

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
  const writing = Object.entries(exports).map(async ([entry, target], index) => {
    if (typeof target === 'string') return [];
    const file = join(folder, `entry${index}.ts`);
    await writeFile(file, inferringModule(join(name, entry), join(packed.folder, target.types), options));
    return [file];
  });
  const files = (await Promise.all(writing)).flat();

  expect(files).toHaveLength(5);
  expect(compileFiles(files, options)).toEqual([]);
  // The root alone too: TypeScript can name a type by any entry of the package that the program imports.
  const root = files.filter((file) => file.endsWith('entry0.ts'));
  expect(compileFiles(root, options)).toEqual([]);
});
