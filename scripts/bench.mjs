import { endWithNpm } from './launchers.mjs';
import { install } from './prepare.mjs';
import { runNode } from './run.mjs';

endWithNpm();
await install();
process.exitCode = await runNode(['--expose-gc', '--import', 'tsx', 'test/bench/main.ts', ...process.argv.slice(2)]);
