import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';

/** The signals that ask a process to end. */
export const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The root of the project. */
export const root = new URL('..', import.meta.url);

/**
 * Runs Node on a program, in the root of the project, and returns its exit code.
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export function runNode(args, options) {
  return exitCodeOf(spawn(process.execPath, args, { cwd: root, stdio: 'inherit', ...options }));
}

/**
 * Runs npm, the one that runs this script if there is one, and returns its exit code and what it has printed.
 * @param {string[]} args
 */
export async function runNpm(args) {
  const { npm_execpath: npm = '' } = process.env;
  /** @type {import('node:child_process').SpawnOptions} */
  const options = { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] };
  const child =
    basename(npm) === 'npm-cli.js'
      ? spawn(process.execPath, [npm, ...args], options)
      : spawn('npm', args, { ...options, shell: process.platform === 'win32' });
  const [code, ...printed] = await Promise.all([exitCodeOf(child), text(child.stdout), text(child.stderr)]);
  return { code, printed: printed.join('') };
}

/**
 * Waits for a process to end, and forwards the signals that ask this one to end, because npm sends them to no other
 * process. For a process that a signal ended, returns the exit code that a shell would report.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>}
 */
export async function exitCodeOf(child) {
  const passOn = (signal) => child.kill(signal);
  for (const signal of END_SIGNALS) process.on(signal, passOn);
  const [code, signal] = await once(child, 'exit');
  for (const signal of END_SIGNALS) process.off(signal, passOn);
  return code ?? 128 + constants.signals[signal];
}
