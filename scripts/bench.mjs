import { endWithNpm } from './launchers.mjs';
import { build, install } from './prepare.mjs';
import { runNode } from './run.mjs';

endWithNpm();
await install();
await build();
process.exitCode = await runNode(['--expose-gc', '--import', 'tsx', 'test/bench/main.ts', ...process.argv.slice(2)]);
