import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endWithNpm } from './launchers.mjs';
import { build, install } from './prepare.mjs';
import { END_SIGNALS, exitCodeOf, root } from './run.mjs';
import { step } from './steps.mjs';

/** What the server may take to end, in milliseconds; then it is killed, and recovers at its next start. */
const STOP_MS = 9_500;

endWithNpm();
await step('[1/5] Installing the dependencies', install);
await step('[2/5] Building', build);

// The channel closes with this process, however it ends, and the server stops when it does.
const server = fork(fileURLToPath(new URL('dist/main.js', root)), process.argv.slice(2), { cwd: root });
let deadline;

function limitStop() {
  if (deadline !== undefined) return;
  deadline = setTimeout(() => {
    console.error(`The server did not stop within ${STOP_MS / 1_000} s: killing it.`);
    server.kill('SIGKILL');
  }, STOP_MS);
}
for (const signal of END_SIGNALS) process.on(signal, limitStop);

process.exitCode = await exitCodeOf(server);
clearTimeout(deadline);
