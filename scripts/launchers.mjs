import { readFileSync } from 'node:fs';

const LOOK_MS = 500;

/**
 * Ends this process, as SIGTERM does, when the npm that runs it ends: npm's shell does not pass a signal on, and dies
 * of it, and npm itself may be killed. Nobody else could stop this process then.
 */
export function endWithNpm() {
  const launchers = npmLaunchers();
  const watch = setInterval(() => {
    if (npmLaunchers() === launchers) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_MS);
  watch.unref();
}

/**
 * Names the processes that run this one on behalf of `npm run`: its parent and, where the parent is npm's shell and
 * the system tells, npm. The name changes when one of them ends. It is empty without npm: whoever runs a program by
 * hand may want it to outlive its shell.
 */
function npmLaunchers() {
  if (process.env.npm_lifecycle_event === undefined) return '';
  const parent = process.ppid;
  const isShell = readProcess(parent, 'cmdline').includes(process.env.npm_lifecycle_script);
  return isShell ? `${parent} of ${parentOf(parent)}` : String(parent);
}

/** @param {number} pid */
function parentOf(pid) {
  return /^PPid:\s*(\d+)/m.exec(readProcess(pid, 'status'))?.[1];
}

/** Reads from the process file system of Linux; elsewhere there is nothing to read. */
function readProcess(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
