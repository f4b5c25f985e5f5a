import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { childEnvironment } from '../child-environment.js';
import { PROGRAMS } from '../global-setup.js';

const given = { ...process.env };
// Elsewhere the platform's own programs, such as ps of macOS, stand on the path.
const itOnLinux = process.platform === 'linux' ? it : it.skip;

describe('A program that a test runs', () => {
  afterEach(() => {
    process.env = { ...given };
  });

  itOnLinux('finds node, npm, git and sh, and no other program', async () => {
    const others = ['bash', 'cat', 'curl', 'docker', 'env', 'ls', 'ps', 'psql', 'python3', 'rm', 'sed', 'tar', 'tsc'];
    const script = `for program in ${[...PROGRAMS, ...others].join(' ')}; do command -v $program; done; :`;
    const { stdout } = await promisify(execFile)('sh', ['-c', script], { env: childEnvironment() });
    expect(stdout.split('\n').flatMap((path) => /[^/]+$/.exec(path)?.[0] ?? [])).toEqual(PROGRAMS);
  });

  // Node colours what console.log() prints of values where FORCE_COLOR is set, even into a pipe.
  it('prints the same in a coloured terminal', async () => {
    process.env.FORCE_COLOR = '1';
    const args = ['--eval', 'console.log(true, [1])'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env: childEnvironment() });
    expect([stdout, stderr]).toEqual(['true [ 1 ]\n', '']);
  });
});
