import os from 'node:os';
import { endWithNpm } from './launchers.mjs';
import { say } from './output.mjs';
import { install } from './prepare.mjs';
import { runNode } from './run.mjs';
import { step } from './steps.mjs';

/** Duration of the whole suite on one core, in minutes; about ten on two cores. */
const SUITE_MINUTES = 20;

const args = process.argv.slice(2);
const cores = os.availableParallelism();
const NODE_OPTIONS = [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

endWithNpm();
if (args.every((argument) => argument.startsWith('-'))) {
  const minutes = Math.ceil(SUITE_MINUTES / cores);
  say(
    'log',
    `The whole suite takes about ${minutes} minutes on ${cores} cores; \`npm test -- test/unit\` runs a part.`,
  );
}
await step('Installing the dependencies', install);
if (!args.some((argument) => /^(-w|-i|--maxWorkers|--runInBand)/.test(argument))) {
  // Tests spend more time waiting for sockets and databases than computing.
  args.push(`--maxWorkers=${Math.max(2, cores - 1)}`);
}
process.exitCode = await runNode(['node_modules/jest/bin/jest.js', ...args], {
  env: { ...process.env, NODE_OPTIONS: NODE_OPTIONS.filter(Boolean).join(' ') },
});
