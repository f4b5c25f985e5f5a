/**
 * Holds an embedded PostgreSQL in the directory of the first argument for as long as the process that forked it is
 * connected, and then removes the directory: nothing stays behind, however the test run ends.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres/start-embedded-postgres.js';

const directory = process.argv[2];
if (directory === undefined) throw new Error('Usage: server-process.ts <directory>');
const disconnected = new Promise<void>((resolve) => process.once('disconnect', resolve));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
try {
  const postgres = await startEmbeddedPostgres({
    dataDirectory: join(directory, 'postgres'),
    database: 'test',
    durable: false,
  });
  process.send?.(postgres.url);
  await disconnected;
  await postgres.stop();
} finally {
  await rm(directory, { recursive: true, force: true });
}
