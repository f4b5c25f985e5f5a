import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { childEnvironment } from '../child-environment.js';

const execute = promisify(execFile);
const TIMEOUT_MS = 300_000;

/**
 * Runs a command in a folder, with more variables of the environment, and returns what it prints.
 * @throws Error with all that it printed, when it fails
 */
export async function run(
  command: string,
  args: string[],
  cwd: string,
  environment: Record<string, string> = {},
): Promise<string> {
  try {
    const { stdout } = await execute(command, args, {
      cwd,
      env: childEnvironment(environment),
      timeout: TIMEOUT_MS,
    });
    return stdout.trim();
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause });
  }
}
