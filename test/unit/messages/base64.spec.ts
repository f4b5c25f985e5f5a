import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { childEnvironment } from '../../child-environment.js';
import { compiledProgram } from '../../compiled-program.js';
import { isBase64 } from '../../../src/messages/base64.js';

describe('isBase64', () => {
  it.each(['YQ==', 'YWI=', 'YWJj', 'YQ', '+/+/'])('accepts %j', (text) => {
    expect(isBase64(text)).toBe(true);
  });

  it.each(['', '=', '==', 'YWJj\n', 'Y Q=', 'YQ===', 'Y=Q=', '_-8=', 'é'])('refuses %j', (text) => {
    expect(isBase64(text)).toBe(false);
  });

  // V8 compiles the patterns of a process that has compiled many in this way, which takes more of its stack.
  it('accepts 10 MB where patterns are not optimised', async () => {
    const script = `
      import { isBase64 } from '${pathToFileURL(await compiledProgram('src/messages/base64.ts')).href}';
      console.log(isBase64(Buffer.alloc(10 * 1024 * 1024, 1).toString('base64')));`;
    const args = ['--no-regexp-optimization', '--input-type=module', '--eval', script];
    expect((await promisify(execFile)(process.execPath, args, { env: childEnvironment() })).stdout).toBe('true\n');
  }, 120_000);
});
