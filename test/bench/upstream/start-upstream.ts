import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What an upstream of the bench sends: `deltas` chunks of text a request, one each `everyMs`, or as fast as it can. */
export interface Pace {
  deltas: number;
  everyMs: number;
}

export interface Upstream {
  url: string;
  stop(): void;
}

/** Starts an upstream in a process of its own. */
export async function startUpstream({ deltas, everyMs }: Pace): Promise<Upstream> {
  const child = fork(fileURLToPath(new URL('./upstream.mjs', import.meta.url)), [String(deltas), String(everyMs)], {
    execArgv: [],
  });
  const [port] = (await once(child, 'message')) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      child.kill();
    },
  };
}
