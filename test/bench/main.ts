import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { startDatabaseServer } from '../database/global-setup.js';
import { type BenchRow } from './bench-row.interface.js';
import { runClientBench } from './client/client-bench.js';
import { runRunBench } from './run/run-bench.js';
import { runSandboxBench } from './sandbox/sandbox-bench.js';

/** The benches by their names on the command line; all of them without one. */
const benches: Record<string, () => Promise<BenchRow[]>> = {
  client: runClientBench,
  run: runRunBench,
  sandbox: runSandboxBench,
};

const wanted = process.argv.slice(2);
const rows: BenchRow[] = [];
const server = process.env.DATABASE_URL
  ? undefined
  : await startDatabaseServer(fileURLToPath(new URL('../..', import.meta.url)));
process.env.DATABASE_URL ||= server?.url;
try {
  for (const [name, bench] of Object.entries(benches)) {
    if (wanted.length === 0 || wanted.includes(name)) rows.push(...(await bench()));
  }
} finally {
  await server?.stop();
}
console.table(
  rows.map(({ name, value, floor, ratio, budget }) => ({
    what: name,
    ours: value,
    floor,
    ratio: ratio.toFixed(2),
    budget: budget === null ? '' : `≤ ${budget}`,
  })),
);
