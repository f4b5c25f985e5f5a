import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively } from './exclusive.mjs';
import { isJson, say } from './output.mjs';
import { root, runNpm } from './run.mjs';

const inRoot = (path) => fileURLToPath(new URL(path, root));
const LOCK = inRoot('.data/prepare.lock');
const STAMP = inRoot('dist/.stamp');

/** Installs the dependencies unless they match the lock file. */
export async function install() {
  requireNode();
  if (isInstalled()) return;
  await exclusively(LOCK, async () => {
    if (isInstalled()) return;
    // Without warnings: some libraries that the benches compare with require a newer Node than they need.
    await npm('ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error');
  });
}

/** Builds `dist` unless it was built from the current sources. */
export async function build() {
  if (isBuilt()) return;
  await exclusively(LOCK, async () => {
    if (isBuilt()) return;
    const stamp = stampOfSources();
    if (readStamp().names !== stamp.names) rmSync(inRoot('dist'), { recursive: true, force: true });
    await npm('run', '--silent', 'build');
    writeFileSync(STAMP, JSON.stringify(stamp));
  });
}

function requireNode() {
  const { engines } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const [major, minor] = engines.node.match(/\d+/g).map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  say(
    'error',
    `This needs Node ${major}.${minor} or newer; this is Node ${process.versions.node}: see https://nodejs.org.`,
  );
  process.exit(1);
}

/**
 * Runs npm. If it fails, its output is shown and this process ends.
 * @param {string[]} args
 */
async function npm(...args) {
  const { code, printed } = await runNpm(args);
  if (code === 0) return;
  const command = `npm ${args.join(' ')}`;
  if (isJson) say('error', `${command} failed`, { output: printed });
  else say('error', `${printed}\n${command} failed: see its output above.`);
  process.exit(code);
}

/** Whether npm's own record of node_modules agrees with the lock file. */
function isInstalled() {
  const record = inRoot('node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const { packages: installed } = JSON.parse(readFileSync(record, 'utf8'));
  const { packages: locked } = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8'));
  const fits = ([path, { version, integrity, optional }]) => {
    const own = installed[path];
    return own === undefined
      ? path === '' || optional === true
      : own.version === version && own.integrity === integrity;
  };
  return Object.entries(locked).every(fits) && Object.keys(installed).every((path) => path in locked);
}

function isBuilt() {
  return JSON.stringify(readStamp()) === JSON.stringify(stampOfSources());
}

/** @returns {{ names?: string; contents?: string }} */
function readStamp() {
  return existsSync(STAMP) ? JSON.parse(readFileSync(STAMP, 'utf8')) : {};
}

/** A hash of the names of the sources, and one of their contents and of the other inputs of the build. */
function stampOfSources() {
  const files = ['src', 'migrations', 'web']
    .flatMap((folder) => readdirSync(inRoot(folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'].map(inRoot);
  const contents = createHash('sha256');
  for (const file of [...files, ...settings]) contents.update(readFileSync(file)).update('\0');
  return { names: createHash('sha256').update(files.join('\0')).digest('hex'), contents: contents.digest('hex') };
}
