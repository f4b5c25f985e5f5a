import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Options, transform } from '@swc/core';
import { COMPILED_FOLDER } from './global-setup.js';

const root = join(import.meta.dirname, '..');
const FOLDERS = ['src', 'migrations', 'test'];
/** Specs run in Jest alone, and apps and snippets are compiled by their own tests. */
const OTHERS = /\.(spec|d)\.ts$|^test\/(bench|package|readme)\//;

let compiled: Promise<string> | undefined;

/**
 * The path of a program such as `src/main.ts` for a process of its own: all sources are compiled once for a test run, as
 * Jest compiles them, because a process that compiles what it imports takes twice as long to start.
 */
export async function compiledProgram(file: string): Promise<string> {
  compiled ??= compile();
  return join(await compiled, file.replace(/\.ts$/, '.js'));
}

async function compile(): Promise<string> {
  const parent = process.env[COMPILED_FOLDER];
  if (parent === undefined) throw new Error(`${COMPILED_FOLDER} is unset: is test/global-setup.ts the globalSetup?`);
  const target = join(parent, 'sources');
  if (await exists(target)) return target;
  const own = await mkdtemp(join(parent, 'unfinished-'));
  const options = JSON.parse(await readFile(join(root, '.swcrc'), 'utf8')) as Options;
  await Promise.all((await sources()).map((file) => compileFile(file, own, options)));
  await writeFile(join(own, 'package.json'), await readFile(join(root, 'package.json')));
  await symlink(join(root, 'node_modules'), join(own, 'node_modules'));
  // Another worker may have been faster: then its folder stays.
  await rename(own, target).catch(async (error: unknown) => {
    if (!(await exists(target))) throw error;
    await rm(own, { recursive: true });
  });
  return target;
}

async function sources(): Promise<string[]> {
  const found = FOLDERS.map(async (folder) =>
    (await readdir(join(root, folder), { recursive: true })).map((name) => join(folder, name)),
  );
  return (await Promise.all(found)).flat().filter((file) => file.endsWith('.ts') && !OTHERS.test(file));
}

async function compileFile(file: string, target: string, options: Options): Promise<void> {
  const source = await readFile(join(root, file), 'utf8');
  const { code } = await transform(source, { ...options, filename: join(root, file), swcrc: false });
  const output = join(target, file.replace(/\.ts$/, '.js'));
  await mkdir(dirname(output), { recursive: true });
  await writeFile(output, code);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
