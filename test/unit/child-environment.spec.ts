import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, expect, it } from '@jest/globals';
import { childEnvironment } from '../child-environment.js';

const given = { ...process.env };
afterEach(() => {
  process.env = { ...given };
});

// Node colours what console.log() prints of values where FORCE_COLOR is set, even into a pipe.
it('A program that a test runs prints the same in a coloured terminal', async () => {
  process.env.FORCE_COLOR = '1';
  const args = ['--eval', 'console.log(true, [1])'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env: childEnvironment() });
  expect([stdout, stderr]).toEqual(['true [ 1 ]\n', '']);
});
