import { readFileSync } from 'node:fs';

const LOOK_MS = 500;

/**
 * Ends this process, as SIGTERM does, when the npm that runs it ends: npm's shell does not pass a signal on, and dies
 * of it, and npm itself may be killed. Without npm nothing else would stop this process.
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
 * Identifies the processes that run this one for `npm run`: its parent and, if the parent is npm's shell and the system
 * shows it, npm. The result changes when one of them ends. It is empty without npm: a program that was started by hand
 * may outlive its shell.
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

/** Reads from the process file system of Linux; other systems have none. */
function readProcess(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
