import { afterEach } from '@jest/globals';
import { type ServerProcess, startServerProcess } from './server-process.js';

/** The processes of one test, which ends them. */
export interface ServerProcesses {
  /** In the order of their starts. */
  readonly all: readonly ServerProcess[];
  start(): Promise<ServerProcess>;
}

/** Starts servers on one database, in processes of their own. */
export function useServerProcesses(urls: () => { database: string; gitlab: string }): ServerProcesses {
  const all: ServerProcess[] = [];
  afterEach(() => Promise.all(all.splice(0).map((server) => server.kill())));
  return {
    all,
    async start() {
      const { database, gitlab } = urls();
      const server = await startServerProcess(database, gitlab);
      all.push(server);
      return server;
    },
  };
}
