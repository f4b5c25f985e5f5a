import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../packed-package.js';
import { run } from '../command.js';
import { type Example } from '../examples.js';

/** An example with the package and all its libraries installed. */
export interface InstalledHost {
  readonly app: Example;
  readonly folder: string;
  /** The versions that npm chose, for people to read. */
  readonly libraries: string;
}

type Versions = Record<string, string>;

interface HostManifest {
  dependencies: Versions;
  devDependencies: Versions;
}

/** What an application on that Nest has instead of the newest. */
const VERSIONS: Record<string, Versions> = {
  11: {
    '@nestjs/common': '^11.0.0',
    '@nestjs/core': '^11.0.0',
    '@nestjs/platform-express': '^11.0.0',
    '@nestjs/platform-fastify': '^11.0.0',
    '@nestjs/typeorm': '^11.0.0',
    'class-validator': '^0.14.0',
    typeorm: '^0.3.31',
    typescript: '~5.9.0',
  },
  12: {},
};

/** The compiler options of a CommonJS application that was begun before Node could require modules. */
const CLASSIC: Record<string, string[]> = {
  11: ['--skipLibCheck', 'false', '--module', 'commonjs', '--moduleResolution', 'node10'],
  12: ['--skipLibCheck', 'false', '--module', 'commonjs', '--moduleResolution', 'bundler'],
};

/** Copies an example, installs the package and the libraries of that Nest, and compiles it. */
export async function installHost(app: Example, nest: string, tarball: string, folder: string): Promise<InstalledHost> {
  const versions = VERSIONS[nest];
  const classic = CLASSIC[nest];
  if (versions === undefined || classic === undefined) throw new Error(`Nest ${nest} is not supported: use 11 or 12.`);
  await cp(join(root, 'examples', app.name), folder, { recursive: true });
  await rewriteManifest(join(folder, 'package.json'), { ...versions, 'nestjs-gitlab-duo': `file:${tarball}` });
  await run('npm', ['install', '--strict-peer-deps', '--no-audit', '--no-fund'], folder);
  await run('npm', ['run', 'build'], folder);
  if (app.name === 'commonjs-host') await run('npm', ['run', 'build', '--', '--noEmit', ...classic], folder);
  return { app, folder, libraries: await versionsOf(folder, ['@nestjs/core', 'typeorm', 'typescript']) };
}

async function rewriteManifest(file: string, versions: Versions): Promise<void> {
  const manifest = JSON.parse(await readFile(file, 'utf8')) as HostManifest;
  for (const dependencies of [manifest.dependencies, manifest.devDependencies]) {
    for (const name of Object.keys(dependencies)) dependencies[name] = versions[name] ?? dependencies[name] ?? '';
  }
  await writeFile(file, JSON.stringify(manifest, null, 2));
}

async function versionsOf(folder: string, names: string[]): Promise<string> {
  const versions = names.map(async (name) => {
    const text = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8');
    return `${name} ${(JSON.parse(text) as { version: string }).version}`;
  });
  return (await Promise.all(versions)).join(', ');
}
