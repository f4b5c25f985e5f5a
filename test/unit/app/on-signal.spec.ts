import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { childEnvironment } from '../../child-environment.js';
import { compiledProgram } from '../../compiled-program.js';

/** Says what it is asked for, and ends a moment later, as a server does. */
const program = (module: string): string => `
  import { stopWhenAsked } from '${module}';
  const work = setInterval(() => undefined, 1_000);
  stopWhenAsked((reason) => {
    console.log('asked by ' + reason);
    setTimeout(() => clearInterval(work), 300);
  });
  console.log('ready');
`;

jest.setTimeout(120_000);

let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
});

async function run(channel: 'ipc' | 'ignore') {
  const module = pathToFileURL(await compiledProgram('src/app/lifecycle.ts')).href;
  const spawned = spawn(process.execPath, ['--input-type=module', '--eval', program(module)], {
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit', channel],
  });
  child = spawned;
  const { stdout } = spawned;
  if (stdout === null) throw new Error('There is no output to read.');
  const ended = Promise.all([once(spawned, 'exit'), once(stdout, 'end')]);
  let output = '';
  stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const says = async (words: string) => {
    while (!output.includes(words)) await once(stdout, 'data');
  };
  await says('ready');
  return { spawned, says, end: async () => [(await ended)[0], output] };
}

describe('onSignal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('stops once for any number of %s', async (signal) => {
    const { spawned, says, end } = await run('ignore');
    spawned.kill(signal);
    await says('asked');
    spawned.kill(signal);
    spawned.kill('SIGTERM');
    expect(await end()).toEqual([[0, null], `ready\nasked by ${signal}\n`]);
  });

  it('stops when the launcher has ended', async () => {
    const { spawned, end } = await run('ipc');
    spawned.disconnect();
    expect(await end()).toEqual([[0, null], 'ready\nasked by the end of its launcher\n']);
  });
});
