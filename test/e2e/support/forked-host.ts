import { fork } from 'node:child_process';
import { once } from 'node:events';
import { compiledProgram } from '../../compiled-program.js';

/** A host in a process of its own, which test/e2e/support/host-process.ts is. */
export interface ForkedHost {
  /** What became of its work, or how the host ended. */
  does(work: string): Promise<unknown>;
  kill(): void;
}

/** The versions of TypeORM that hosts have, with what lets Node run them on it. */
export const TYPEORM_VERSIONS = {
  'TypeORM 1': [],
  'TypeORM 0.3': ['--import', new URL('typeorm-0.3-hooks.mjs', import.meta.url).href],
};

/**
 * Starts a host, and waits until it is ready.
 * @param primary the URL of its database
 * @param replica that of the database that it reads from
 * @param how further arguments of its program
 */
export async function startForkedHost(
  version: keyof typeof TYPEORM_VERSIONS,
  { primary, replica, sandbox }: { primary: string; replica: string; sandbox: string },
  ...how: string[]
): Promise<ForkedHost> {
  const host = fork(await compiledProgram('test/e2e/support/host-process.ts'), [primary, replica, sandbox, ...how], {
    execArgv: TYPEORM_VERSIONS[version],
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  /** What the host tells next, or how it ended. */
  const told = async (): Promise<unknown> => {
    const abort = new AbortController();
    const [message] = (await Promise.race([
      once(host, 'message', abort),
      once(host, 'exit', abort).then(([code]) => [`ended with ${String(code)}`]),
    ])) as unknown[];
    abort.abort();
    return message;
  };
  const first = await told();
  if (first !== version) {
    host.kill('SIGKILL');
    throw new Error(`The host did not start on ${version}: ${String(first)}.`);
  }
  return {
    does(work) {
      host.send(work);
      return told();
    },
    kill() {
      host.kill('SIGKILL');
    },
  };
}
