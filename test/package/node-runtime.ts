import { run } from './command.js';

/** A Node to run programs on. */
export interface NodeRuntime {
  readonly executable: string;
  readonly version: string;
}

/** The Node of that major version: this one, or else the one from the registry. */
export async function nodeRuntime(major: string): Promise<NodeRuntime> {
  const own = process.versions.node;
  if (own.startsWith(`${major}.`)) return { executable: process.execPath, version: own };
  const program = 'console.log(JSON.stringify({ executable: process.execPath, version: process.versions.node }))';
  const printed = await run('npx', ['--yes', '--package', `node@${major}`, 'node', '--eval', program], process.cwd());
  return JSON.parse(printed) as NodeRuntime;
}
