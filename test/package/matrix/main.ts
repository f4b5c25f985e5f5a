/**
 * Installs the package into the applications of `examples/`, as their users would, and visits them on each
 * Node and each Nest: `--node` and `--nest` name others than all. Needs the npm registry.
 */
import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDatabaseServer } from '../../global-setup.js';
import { createTestDatabase } from '../../database/test-database.js';
import { EXAMPLES } from '../examples.js';
import { packTarball, root } from '../packed-package.js';
import { type InstalledHost, installHost } from './host-app.js';
import { type NodeRuntime, nodeRuntime } from '../node-runtime.js';
import { startApp } from '../running-app.js';

const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: ['20', '22', '24'] },
    nest: { type: 'string', multiple: true, default: ['11', '12'] },
  },
});

async function visit({ folder, app }: InstalledHost, { executable }: NodeRuntime): Promise<void> {
  const database = await createTestDatabase();
  try {
    const running = await startApp(executable, ['dist/main.js'], folder, { DATABASE_URL: database.url, PORT: '0' });
    try {
      await app.visit(running.url);
      await running.stop();
      assert.equal(running.complaints(), '');
    } finally {
      running.kill();
    }
  } finally {
    await database.drop();
  }
}

/** Does one thing, and says how it went. */
async function attempt<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    const result = await work();
    console.log(`ok      ${name}`);
    return result;
  } catch (error) {
    console.log(`FAILED  ${name}`);
    console.error(error);
    process.exitCode = 1;
    return undefined;
  }
}

const server = process.env.DATABASE_URL ? undefined : await startDatabaseServer(root);
process.env.DATABASE_URL ||= server?.url;
const directory = await mkdtemp(join(await realpath(tmpdir()), 'duo-matrix-'));
try {
  const tarball = await packTarball(directory);
  const runtimes = await Promise.all(values.node.map(nodeRuntime));
  for (const nest of values.nest) {
    for (const app of EXAMPLES) {
      const folder = join(directory, `${app.name}-${nest}`);
      const host = await attempt(`${app.name}, Nest ${nest}: install and compile`, () =>
        installHost(app, nest, tarball, folder),
      );
      if (host === undefined) continue;
      for (const runtime of runtimes) {
        await attempt(`${app.name}, ${host.libraries}, Node ${runtime.version}`, () => visit(host, runtime));
      }
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  await server?.stop();
}
