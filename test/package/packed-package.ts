import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createPackageFromTarballData } from '@arethetypeswrong/core';

const run = promisify(execFile);
const PACK_TIMEOUT_MS = 240_000;

/** The root of the project. */
export const root = join(import.meta.dirname, '../..');

/** What the tests read in a package.json. */
export interface Manifest {
  name: string;
  exports: Record<string, string | Record<'types' | 'default', string>>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
}

/** The package as users get it. */
export interface PackedPackage {
  /** A temporary folder, the host's. */
  readonly host: string;
  readonly tarball: string;
  /** Where the tarball is unpacked: in the `node_modules` of the host. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** The paths in the package. */
  readonly files: readonly string[];
  remove(): Promise<void>;
}

/** Packs the package and unpacks it for a host that has all the libraries of this project. */
export async function packPackage(): Promise<PackedPackage> {
  const host = await mkdtemp(join(await realpath(tmpdir()), 'duo-package-'));
  const tarball = await packTarball(host);
  await linkLibraries(join(host, 'node_modules'));
  const folder = await unpack(tarball, host);
  const manifest = await readManifest(folder);
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  return {
    host,
    tarball,
    folder,
    manifest,
    files: files
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)),
    remove: () => rm(host, { recursive: true, force: true }),
  };
}

/** Packs what `npm publish` would upload, and returns the path of the tarball. */
export async function packTarball(directory: string): Promise<string> {
  await run('npm', ['pack', '--pack-destination', directory], { cwd: root, timeout: PACK_TIMEOUT_MS });
  const tarball = (await readdir(directory)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack left no tarball in ${directory}.`);
  return join(directory, tarball);
}

/** Unpacks a package into the `node_modules` of a host, without a program of the system, and returns its folder. */
async function unpack(tarball: string, host: string): Promise<string> {
  const content = createPackageFromTarballData(new Uint8Array(await readFile(tarball)));
  for (const path of content.listFiles()) {
    await mkdir(join(host, dirname(path)), { recursive: true });
    await writeFile(join(host, path), content.readFile(path));
  }
  return join(host, 'node_modules', content.packageName);
}

async function linkLibraries(modules: string): Promise<void> {
  await mkdir(modules);
  const installed = (await readdir(join(root, 'node_modules'))).filter((name) => !name.startsWith('.'));
  const scopes = installed.filter((name) => name.startsWith('@'));
  await Promise.all(scopes.map((scope) => mkdir(join(modules, scope))));
  const scoped = scopes.map(async (scope) =>
    (await readdir(join(root, 'node_modules', scope))).map((name) => `${scope}/${name}`),
  );
  const libraries = [...installed.filter((name) => !name.startsWith('@')), ...(await Promise.all(scoped)).flat()];
  await Promise.all(libraries.map((name) => symlink(join(root, 'node_modules', name), join(modules, name))));
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}
