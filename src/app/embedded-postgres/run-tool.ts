import { spawn } from 'node:child_process';
import { type Account } from './account.js';

export interface ToolResult {
  readonly succeeded: boolean;
  /** What it wrote to both of its outputs. */
  readonly output: string;
}

/**
 * Runs a program to its end as the given account; after `timeoutMs` it is killed. It has a session of its own, so
 * that Ctrl-C ends neither it nor what it starts, and an environment without the server's secrets and `PG…` settings.
 */
export function runTool(
  command: string,
  args: readonly string[],
  { account, timeoutMs }: { account: Account | undefined; timeoutMs: number },
): Promise<ToolResult> {
  const { PATH, SystemRoot, TEMP } = process.env;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      ...account,
      cwd: '/',
      env: { PATH, SystemRoot, TEMP, LC_ALL: 'C', TZ: 'UTC' },
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.timeout(timeoutMs),
      killSignal: 'SIGKILL',
    });
    let output = '';
    const collect = (text: string) => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.once('error', (error) => {
      const reason = error.name === 'AbortError' ? `killed after ${timeoutMs / 1_000} s` : error.message;
      resolve({ succeeded: false, output: `${output}\n${reason}`.trim() });
    });
    child.once('close', (code, signal) => {
      if (signal !== null) output += `\nended by ${signal}`;
      resolve({ succeeded: code === 0, output: output.trim() });
    });
  });
}
