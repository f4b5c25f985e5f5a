/**
 * Holds an embedded PostgreSQL in a temporary directory for as long as the process that forked it is connected, so
 * that nothing stays behind, however the test run ends.
 */
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres/start-embedded-postgres.js';

const disconnected = new Promise<void>((resolve) => process.once('disconnect', resolve));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const directory = await mkdtemp(join(await realpath(tmpdir()), 'duo-test-database-'));
try {
  await chmod(directory, 0o711);
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
