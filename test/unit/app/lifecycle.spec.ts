import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { drain } from '../../../src/app/discard-body.js';
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

describe('onSignal', () => {
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

/** Longer than a test may take. */
const LONG_MS = 60_000;

describe('discardBody', () => {
  let server: Server;
  let socket: Socket;

  beforeEach(async () => {
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    socket.destroy();
    server.close();
  });

  /** Sends the head of a request of ten bytes, and some of these. */
  async function send(body: string): Promise<IncomingMessage> {
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n${body}`);
    const [request] = (await once(server, 'request')) as [IncomingMessage];
    return request;
  }

  it('stops at the end of the body', async () => {
    const request = await send('12345');
    let isDrained = false;
    const draining = drain(request, { bytes: 10, ms: LONG_MS }).then(() => (isDrained = true));
    await new Promise(setImmediate);
    expect(isDrained).toBe(false);
    socket.write('67890');
    await draining;
    expect(request.complete).toBe(true);
    await drain(request, { bytes: 10, ms: LONG_MS });
  });

  it('stops after its maximum number of bytes', async () => {
    const request = await send('12345');
    await drain(request, { bytes: 4, ms: LONG_MS });
    expect([request.complete, request.listenerCount('data')]).toEqual([false, 0]);
  });

  it('stops after its time-out', async () => {
    const request = await send('12345');
    await drain(request, { bytes: 10, ms: 20 });
    expect(request.complete).toBe(false);
  });

  it('stops when the connection closes', async () => {
    const request = await send('12345');
    const draining = drain(request, { bytes: 10, ms: LONG_MS });
    request.on('error', () => undefined);
    socket.destroy();
    await draining;
    await drain(request, { bytes: 10, ms: LONG_MS });
  });
});
