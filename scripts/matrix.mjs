import { endWithNpm } from './launchers.mjs';
import { install } from './prepare.mjs';
import { runNode } from './run.mjs';

endWithNpm();
await install();
process.exitCode = await runNode(['--import', 'tsx', 'test/package/matrix/main.ts', ...process.argv.slice(2)]);
