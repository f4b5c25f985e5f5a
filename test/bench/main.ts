import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startDatabaseServer } from '../global-setup.js';
import { type BenchRow } from './bench-row.interface.js';
import { runBodyBench } from './chat/body-bench.js';
import { runLongChatBench } from './chat/long-chat-bench.js';
import { runClientBench } from './client/client-bench.js';
import { jsonRow, tableRow } from './report.js';
import { runRunBench } from './run/run-bench.js';
import { runSandboxBench } from './sandbox/sandbox-bench.js';
import { runMemoryBench } from './server/memory-bench.js';
import { runServerBench } from './server/server-bench.js';

/** The benches by their names on the command line; all of them without one. */
const benches: Record<string, () => Promise<BenchRow[]>> = {
  client: runClientBench,
  server: runServerBench,
  memory: runMemoryBench,
  run: runRunBench,
  chat: runLongChatBench,
  body: runBodyBench,
  sandbox: runSandboxBench,
};

const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const unknown = positionals.find((name) => !(name in benches));
if (unknown !== undefined) {
  throw new Error(`There is no bench "${unknown}". Name some of ${Object.keys(benches).join(', ')}, or none for all.`);
}
const wanted = positionals.length === 0 ? Object.keys(benches) : positionals;

const server = process.env.DATABASE_URL
  ? undefined
  : await startDatabaseServer(fileURLToPath(new URL('../..', import.meta.url)));
process.env.DATABASE_URL ||= server?.url;
const rows: BenchRow[] = [];
try {
  for (const [name, bench] of Object.entries(benches)) if (wanted.includes(name)) rows.push(...(await bench()));
} finally {
  await server?.stop();
}
console.table(rows.map(tableRow));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows.map(jsonRow), null, 2)}\n`);
