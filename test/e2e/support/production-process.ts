import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { compiledProgram } from '../../compiled-program.js';
import { until } from './until.js';

/** The server in a process of its own, as it runs in production; every line that it prints is kept. */
export interface ProductionProcess {
  /** Where it listens; waits until it does. */
  url(): Promise<string>;
  /** The lines of its standard output and standard error so far. */
  lines(): string[];
  /** Asks it to stop, and waits for its end. @returns its exit code */
  stop(): Promise<number | null>;
  /** Waits for its end by itself. @returns its exit code */
  ended(): Promise<number | null>;
}

/** @param preload a module that runs in the process before the server */
export async function startProductionProcess(
  environment: Record<string, string>,
  preload?: string,
): Promise<ProductionProcess> {
  const imports = preload === undefined ? [] : [`data:text/javascript,${encodeURIComponent(preload)}`];
  const { PATH = '' } = process.env;
  const server: ChildProcess = fork(await compiledProgram('src/main.ts'), [], {
    execArgv: imports.flatMap((url) => ['--import', url]),
    env: { PATH, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  for (const stream of [server.stdout, server.stderr])
    stream?.on('data', (chunk: Buffer) => (printed += String(chunk)));
  const closed = once(server, 'close') as Promise<[number | null]>;
  return {
    async url() {
      const url = (): string | undefined => /listens on (http\S+)/.exec(printed)?.[1];
      await until(() => url() !== undefined || server.exitCode !== null);
      return url() ?? Promise.reject(new Error(`The server did not start:\n${printed}`));
    },
    lines: () => printed.split('\n').filter((line) => line !== ''),
    async stop() {
      server.kill('SIGTERM');
      return (await closed)[0];
    },
    async ended() {
      return (await closed)[0];
    },
  };
}
