/**
 * Proves that the migrations make exactly the tables that the entities describe: runs them on an empty database, and
 * lets TypeORM look for a difference.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startDatabaseServer } from './global-setup.js';
import { createTestDatabase } from './test-database.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

function typeorm(...args: string[]): void {
  const cli = ['node_modules/tsx/dist/cli.mjs', 'node_modules/typeorm/cli.js', ...args, '-d', 'ormconfig.ts'];
  const { status } = spawnSync(process.execPath, cli, { cwd: root, stdio: 'inherit', timeout: 120_000 });
  if (status !== 0) process.exitCode = 1;
}

const server = process.env.DATABASE_URL ? undefined : await startDatabaseServer(root);
process.env.DATABASE_URL ||= server?.url;
const database = await createTestDatabase();
try {
  process.env.DATABASE_URL = database.url;
  typeorm('migration:run');
  typeorm('migration:generate', '--check', '--esm', 'migrations/Check');
} finally {
  process.env.DATABASE_URL = server?.url ?? process.env.DATABASE_URL;
  await database.drop();
  await server?.stop();
}
