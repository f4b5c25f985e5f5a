import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import ts from 'typescript';
import { inferringModule } from './inferring-app.js';
import { type PackedPackage, packPackage, root } from './packed-package.js';

let packed: PackedPackage;

jest.setTimeout(300_000);

beforeAll(async () => {
  packed = await packPackage();
  await cp(join(root, 'test/package/apps'), join(packed.host, 'apps'), { recursive: true });
});

afterAll(() => packed.remove());

/** Compiles an app by its own tsconfig.json, but for these options, and returns the complaints. */
function compile(app: string, options: ts.CompilerOptions): string[] {
  const file = join(packed.host, 'apps', app, 'tsconfig.json');
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const config = ts.getParsedCommandLineOfConfigFile(file, { ...options, noEmit: true }, host);
  if (config === undefined) throw new Error(`${file} cannot be read.`);
  expect(config.options).toMatchObject({ strict: true, skipLibCheck: false });
  const program = ts.createProgram(config.fileNames, config.options);
  return complaints([...config.errors, ...ts.getPreEmitDiagnostics(program)]);
}

function complaints(diagnostics: readonly ts.Diagnostic[]): string[] {
  return diagnostics.map(({ messageText, file, start = 0 }) => {
    const line = file && file.getLineAndCharacterOfPosition(start).line + 1;
    return `${file?.fileName ?? ''}:${line ?? ''} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

describe('an app compiles, with the declarations of all its libraries checked', () => {
  const { CommonJS, NodeNext } = ts.ModuleKind;
  const { Bundler } = ts.ModuleResolutionKind;

  it.each([
    ['esm', 'nodenext', { module: NodeNext }],
    ['commonjs', 'commonjs, bundler', { module: CommonJS, moduleResolution: Bundler }],
  ])('%s, %s', (app, _name, options) => {
    expect(compile(app, options)).toEqual([]);
  });
});

it('a library may leave the types of what it exports to TypeScript', async () => {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
    strict: true,
    declaration: true,
    noEmit: true,
  };
  const folder = join(packed.host, 'apps/esm/inferring');
  await mkdir(folder);
  const { name, exports } = packed.manifest;
  const writing = Object.entries(exports).map(async ([entry, target], index) => {
    if (typeof target === 'string') return [];
    const file = join(folder, `entry${index}.ts`);
    await writeFile(file, inferringModule(join(name, entry), join(packed.folder, target.types), options));
    return [file];
  });
  const files = (await Promise.all(writing)).flat();

  expect(files).toHaveLength(4);
  expect(complaints(ts.getPreEmitDiagnostics(ts.createProgram(files, options)))).toEqual([]);
});
