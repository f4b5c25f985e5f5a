import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

it('leaves no rejection unhandled, whenever a caller aborts', async () => {
  const program = 'test/unit/gateway/stray-rejections.ts';
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program], { env });
  expect(stdout).toContain('no stray rejection');
});
