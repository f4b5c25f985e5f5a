import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** In bytes; `peak` is the largest RSS so far, by the operating system. */
export type HeldMemory = NodeJS.MemoryUsage & { peak: number };

/** A server under measurement, in a process of its own. */
export interface BenchServer {
  url: string;
  /** What it has used since it started, in microseconds. */
  cpuTime(): Promise<number>;
  /** What it holds, its garbage collected. */
  memory(): Promise<HeldMemory>;
  stop(): Promise<void>;
}

const root = new URL('../../../', import.meta.url);

/**
 * Starts our server as it was built, on the upstream in GitLab's place.
 * @param imports URLs of modules that are loaded before its own code
 */
export function startOurs(
  upstreamUrl: string,
  databaseUrl: string,
  imports: readonly string[] = [],
): Promise<BenchServer> {
  return startServer('dist/main.js', [], imports, {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    GITLAB_TOKEN: 'token',
    GITLAB_INSTANCE_URL: upstreamUrl,
    GITLAB_GATEWAY_URL: upstreamUrl,
    LIVE_RUN_LIMIT: '10000',
  });
}

/** Starts the proxy that our server is measured against. */
export function startBareProxy(upstreamUrl: string): Promise<BenchServer> {
  return startServer('test/bench/server/bare-proxy.mjs', [upstreamUrl], [], {});
}

/** Starts the server that writes one buffer to all its readers. */
export function startBroadcast(everyMs: number, times: number): Promise<BenchServer> {
  return startServer('test/bench/follow/broadcast.mjs', [String(everyMs), String(times)], [], {});
}

/** Starts the server of event streams without events that idle followers are measured against. */
export function startBareEvents(): Promise<BenchServer> {
  return startServer('test/bench/follow/bare-events.mjs', [], [], {});
}

/** Starts a server that prints its address, with these arguments, and these modules loaded before its own. */
export async function startServer(
  file: string,
  args: string[],
  imports: readonly string[],
  env: Record<string, string>,
): Promise<BenchServer> {
  const reporter = new URL('usage-reporter.mjs', import.meta.url).href;
  const server = fork(fileURLToPath(new URL(file, root)), args, {
    execArgv: ['--expose-gc', ...[reporter, ...imports].flatMap((module) => ['--import', module])],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  return {
    url: await urlOf(server),
    async cpuTime() {
      const { user, system } = await ask<NodeJS.CpuUsage>(server, 'cpu');
      return user + system;
    },
    memory: () => ask<HeldMemory>(server, 'memory'),
    async stop() {
      server.disconnect();
      await once(server, 'exit');
    },
  };
}

async function ask<Answer>(server: ChildProcess, question: 'cpu' | 'memory'): Promise<Answer> {
  server.send(question);
  const [answer] = (await once(server, 'message')) as [Answer];
  return answer;
}

/** The address that a server prints once it listens. */
async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('The output of the server is not read.');
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdout });
    lines.on('line', (line) => {
      const url = /listens on (http\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
    lines.on('close', () => {
      reject(new Error('The server did not start.'));
    });
  });
}
