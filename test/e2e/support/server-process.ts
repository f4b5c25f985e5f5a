import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { childEnvironment } from '../../child-environment.js';
import { compiledProgram } from '../../compiled-program.js';
import { HttpClient } from './http-client.js';

/** The server in a process of its own, which can be killed. */
export interface ServerProcess {
  http: HttpClient;
  /** Whether it still runs. */
  readonly isRunning: boolean;
  /** Ends it by SIGKILL, at once and without a word. */
  kill(): Promise<void>;
  /** Asks it by SIGTERM to end, and waits until it has. */
  stop(): Promise<void>;
  /** Lets it do nothing at all until it is woken. */
  freeze(): void;
  wake(): void;
}

/** Starts the server on a database whose tables are there already. */
export async function startServerProcess(databaseUrl: string, gitlabUrl: string): Promise<ServerProcess> {
  const server = await forkServer(
    tmpdir(),
    childEnvironment({
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: databaseUrl,
      GITLAB_TOKEN: 'glpat-testtesttesttesttest',
      GITLAB_INSTANCE_URL: gitlabUrl,
      GITLAB_GATEWAY_URL: gitlabUrl,
    }),
  );
  server.stderr?.pipe(process.stderr);
  const exited = once(server, 'exit');
  const isRunning = (): boolean => server.exitCode === null && server.signalCode === null;
  return {
    http: new HttpClient(await urlOf(server)),
    get isRunning() {
      return isRunning();
    },
    async kill() {
      if (isRunning()) server.kill('SIGKILL');
      await exited;
    },
    async stop() {
      if (isRunning()) server.kill('SIGTERM');
      await exited;
    },
    freeze: () => server.kill('SIGSTOP'),
    wake: () => server.kill('SIGCONT'),
  };
}

/** Runs the server's own program in a directory, whose `.env` it reads, with these variables. */
export async function forkServer(directory: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  return fork(await compiledProgram('src/main.ts'), [], {
    cwd: directory,
    execArgv: [],
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** The address that a server prints once it listens. */
export async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('The output of the server is not read.');
  for await (const line of createInterface({ input: stdout })) {
    const url = /listens on (http\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    stdout.resume();
    return url;
  }
  throw new Error('The server did not start: the reason stands above.');
}
