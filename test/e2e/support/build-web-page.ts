import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '../../child-environment.js';

const root = join(import.meta.dirname, '../../..');

/** Builds the web page as `npm run build` does, into a folder of its own. */
export async function buildWebPage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'web-page-'));
  const args = ['node_modules/vite/bin/vite.js', 'build', 'web', '--outDir', folder];
  await promisify(execFile)(process.execPath, args, { cwd: root, env: childEnvironment() });
  return folder;
}
