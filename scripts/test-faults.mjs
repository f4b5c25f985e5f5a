import { endWithNpm } from './launchers.mjs';
import { install } from './prepare.mjs';
import { runNode } from './run.mjs';
import { step } from './steps.mjs';

endWithNpm();
await step('Installing the dependencies', install);
process.exitCode = await runNode(['--import', 'tsx', 'test/faults/main.ts', ...process.argv.slice(2)]);
