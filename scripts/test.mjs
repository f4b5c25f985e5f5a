import os from 'node:os';
import { endWithNpm } from './launchers.mjs';
import { install } from './prepare.mjs';
import { runNode } from './run.mjs';

const args = process.argv.slice(2);
const NODE_OPTIONS = [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

endWithNpm();
await install();
if (!args.some((argument) => /^(-w|-i|--maxWorkers|--runInBand)/.test(argument))) {
  // Tests wait for sockets and databases more than they compute.
  args.push(`--maxWorkers=${Math.max(2, os.availableParallelism() - 1)}`);
}
process.exitCode = await runNode(['node_modules/jest/bin/jest.js', ...args], {
  env: { ...process.env, NODE_OPTIONS: NODE_OPTIONS.filter(Boolean).join(' ') },
});
