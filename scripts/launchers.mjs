import { readFileSync } from 'node:fs';

/**
 * Names the processes that run this one on behalf of `npm run`: its parent and, where the parent is npm's shell and
 * the system tells, npm. The name changes when one of them ends. It is empty without npm: whoever runs a program by
 * hand may want it to outlive its shell.
 */
export function npmLaunchers() {
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
