import { once } from 'node:events';

/** Ends the PostgreSQL that the setup started. */
export default async function tearDown(): Promise<void> {
  const server = globalThis.testDatabaseServer;
  if (server?.exitCode !== null || !server.connected) return;
  const exited = once(server, 'exit');
  server.disconnect();
  await exited;
}
