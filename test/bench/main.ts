import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startDatabaseServer } from '../global-setup.js';
import { runAskBench } from './ask/ask-bench.js';
import { runFlatBench } from './ask/flat-bench.js';
import { type BenchReport, type BenchRow } from './bench-row.interface.js';
import { runBodyBench } from './chat/body-bench.js';
import { runLongChatBench } from './chat/long-chat-bench.js';
import { runClientBench } from './client/client-bench.js';
import { runElsewhereBench } from './follow/elsewhere-bench.js';
import { runIdleFollowerBench } from './follow/idle-bench.js';
import { runLogBench } from './follow/log-bench.js';
import { runSharedBench } from './follow/shared-bench.js';
import { comparisonOf } from './comparison.js';
import { plotOf } from './plot.js';
import { reportOf, tableRow } from './report.js';
import { runRunBench } from './run/run-bench.js';
import { runSandboxBench } from './sandbox/sandbox-bench.js';
import { runMemoryBench } from './server/memory-bench.js';
import { runServerBench } from './server/server-bench.js';
import { runSustainBench } from './sustain/sustain-bench.js';

/** The benches by their names on the command line; all of them without one. */
const benches: Record<string, () => Promise<BenchRow[]>> = {
  ask: runAskBench,
  flat: runFlatBench,
  sustained: runSustainBench,
  client: runClientBench,
  server: runServerBench,
  memory: runMemoryBench,
  log: runLogBench,
  followers: runIdleFollowerBench,
  elsewhere: runElsewhereBench,
  shared: runSharedBench,
  run: runRunBench,
  chat: runLongChatBench,
  body: runBodyBench,
  sandbox: runSandboxBench,
};

const HELP = `npm run bench -- [name…] [options]

  name          of a bench: ${Object.keys(benches).join(', ')}; all of them without one
  --json FILE   writes the rows as JSON
  --plot FILE   draws the rows that have a budget, as SVG
  --from FILE   takes the rows of such a JSON instead of measuring
  --compare FILE  prints the rows whose ratio moved out of the spread of both runs, that of such a JSON and this one
  --help        shows this
`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    plot: { type: 'string' },
    from: { type: 'string' },
    compare: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  const report = values.from === undefined ? await measure(positionals) : readReport(values.from);
  console.table(report.rows.map(tableRow));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  if (values.plot !== undefined) writeFileSync(values.plot, plotOf(report));
  if (values.compare !== undefined) {
    const moved = comparisonOf(readReport(values.compare), report);
    if (moved.length === 0) console.log('No ratio moved out of the spread of both runs.');
    else console.table(moved);
  }
}

function readReport(file: string): BenchReport {
  return JSON.parse(readFileSync(file, 'utf8')) as BenchReport;
}

/** Runs the benches of these names, or all of them without a name. */
async function measure(names: readonly string[]): Promise<BenchReport> {
  const unknown = names.find((name) => !(name in benches));
  if (unknown !== undefined) throw new Error(`There is no bench "${unknown}": see npm run bench -- --help.`);
  const server = process.env.DATABASE_URL
    ? undefined
    : await startDatabaseServer(fileURLToPath(new URL('../..', import.meta.url)));
  process.env.DATABASE_URL ||= server?.url;
  const rows: BenchRow[] = [];
  try {
    for (const [name, bench] of Object.entries(benches)) {
      if (names.length === 0 || names.includes(name)) rows.push(...(await bench()));
    }
  } finally {
    await server?.stop();
  }
  return reportOf(rows);
}
