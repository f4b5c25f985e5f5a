import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { childEnvironment } from '../child-environment.js';
import { PROGRAMS } from '../global-setup.js';

// Elsewhere the platform's own programs, such as ps of macOS, stand on the path.
const itOnLinux = process.platform === 'linux' ? it : it.skip;

itOnLinux('A program that a test runs finds node, npm, git and sh, and no other program', async () => {
  const others = ['bash', 'cat', 'curl', 'docker', 'env', 'ls', 'ps', 'psql', 'python3', 'rm', 'sed', 'tar', 'tsc'];
  const script = `for program in ${[...PROGRAMS, ...others].join(' ')}; do command -v $program; done; :`;
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { env: childEnvironment() });
  expect(stdout.split('\n').flatMap((path) => /[^/]+$/.exec(path)?.[0] ?? [])).toEqual(PROGRAMS);
});
