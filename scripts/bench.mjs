import { endWithNpm } from './launchers.mjs';
import { build, install } from './prepare.mjs';
import { runNode } from './run.mjs';
import { step } from './steps.mjs';

endWithNpm();
await step('Installing the dependencies', install);
await step('Building', build);
process.exitCode = await runNode(['--expose-gc', '--import', 'tsx', 'test/bench/main.ts', ...process.argv.slice(2)]);
