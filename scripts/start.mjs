import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endWithNpm } from './launchers.mjs';
import { isJson, say, speakAsServer } from './output.mjs';
import { build, install } from './prepare.mjs';
import { END_SIGNALS, exitCodeOf, root } from './run.mjs';
import { step } from './steps.mjs';

/** How long the server may take to end, in milliseconds. Then it is killed, and its next start continues its runs. */
const STOP_MS = 14_500;

speakAsServer();
endWithNpm();
await step('Installing the dependencies', install, '1/5');
await step('Building', build, '2/5');

// The channel closes when this process ends, for any reason, and then the server stops.
const server = fork(fileURLToPath(new URL('dist/main.js', root)), process.argv.slice(2), {
  cwd: root,
  // Also if only the file .env sets it: the server's libraries may print warnings before it reads that file.
  env: { ...process.env, ...(isJson && { NODE_ENV: 'production' }) },
});
let deadline;

function limitStop() {
  if (deadline !== undefined) return;
  deadline = setTimeout(() => {
    say('error', `The server did not stop within ${STOP_MS / 1_000} s: killing it.`);
    server.kill('SIGKILL');
  }, STOP_MS);
}
for (const signal of END_SIGNALS) process.on(signal, limitStop);

process.exitCode = await exitCodeOf(server);
clearTimeout(deadline);
