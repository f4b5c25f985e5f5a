/**
 * Holds an embedded PostgreSQL in the directory of the first argument for as long as the process that forked it is
 * connected, and then removes the directory: nothing stays behind, however the test run ends.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres/start-embedded-postgres.js';
import { stopWhenAsked } from '../../src/app/lifecycle.js';

const directory = process.argv[2];
if (directory === undefined) throw new Error('Usage: server-process.ts <directory>');
const asked = new Promise((resolve) => {
  stopWhenAsked(resolve);
});
process.channel?.ref();
try {
  const postgres = await startEmbeddedPostgres({
    dataDirectory: join(directory, 'postgres'),
    database: 'test',
    durable: false,
  });
  if (process.connected) process.send?.(postgres.url);
  await asked;
  await postgres.stop();
} finally {
  await rm(directory, { recursive: true, force: true });
}
