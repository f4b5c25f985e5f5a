/**
 * Proves that the migrations make exactly the tables that the entities describe, for the server and for the library
 * alone: runs them on an empty database, and lets TypeORM look for a difference.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startDatabaseServer } from '../global-setup.js';
import { createTestDatabase } from './test-database.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

function typeorm(dataSource: string, databaseUrl: string, ...args: string[]): void {
  const cli = ['node_modules/tsx/dist/cli.mjs', 'node_modules/typeorm/cli.js', ...args, '-d', dataSource];
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  const { status } = spawnSync(process.execPath, cli, { cwd: root, env, stdio: 'inherit', timeout: 120_000 });
  if (status !== 0) process.exitCode = 1;
}

async function check(dataSource: string): Promise<void> {
  const database = await createTestDatabase();
  try {
    typeorm(dataSource, database.url, 'migration:run');
    typeorm(dataSource, database.url, 'migration:generate', '--check', '--esm', 'migrations/Check');
  } finally {
    await database.drop();
  }
}

const server = process.env.DATABASE_URL ? undefined : await startDatabaseServer(root);
process.env.DATABASE_URL ||= server?.url;
try {
  await check('ormconfig.ts');
  await check('test/database/library-tables.ormconfig.ts');
} finally {
  await server?.stop();
}
