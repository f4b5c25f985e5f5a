import { readFile } from 'node:fs/promises';
import { runTool } from './run-tool.js';

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The program of a process and its arguments; undefined where the system does not tell. */
export async function commandOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  const { succeeded, output } = await runTool('ps', ['-p', String(pid), '-o', 'args='], {
    account: undefined,
    timeoutMs: 10_000,
  });
  return succeeded ? output : undefined;
}
