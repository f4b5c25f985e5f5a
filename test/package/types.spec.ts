import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import ts from 'typescript';
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
  const diagnostics = [...config.errors, ...ts.getPreEmitDiagnostics(program)];
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
