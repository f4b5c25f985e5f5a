import { type BenchRow } from '../bench-row.interface.js';
import { createTestDatabase } from '../../database/test-database.js';
import { micros } from '../figures.js';
import { type Load } from '../load.interface.js';
import { compared, costsByRound } from '../rounds.js';
import { startUpstream } from '../upstream/start-upstream.js';
import { createChats } from './bench-chats.js';
import { Reader } from './reader.js';
import { type BenchServer, startBareProxy, startOurs } from './start-server.js';

const loads: Load[] = [
  { name: 'unpaced', deltas: 20_000, everyMs: 0, streams: 4, lead: 1_000, tail: 1_000, rounds: 7 },
  { name: '500 streams, 10 chunks/s', deltas: 100, everyMs: 100, streams: 500, lead: 50, tail: 20, rounds: 5 },
];

/**
 * CPU time of the server for each chunk from the gateway to the reader, our server's over that of a bare proxy; medians
 * of all rounds. The begin and the end of a stream are not counted.
 */
export async function runServerBench(): Promise<BenchRow[]> {
  const database = await createTestDatabase();
  try {
    const rows: BenchRow[] = [];
    for (const load of loads) rows.push(await measure(load, database.url));
    return rows;
  } finally {
    await database.drop();
  }
}

async function measure(load: Load, databaseUrl: string): Promise<BenchRow> {
  const upstream = await startUpstream(load);
  const ours = await startOurs(upstream.url, databaseUrl);
  const proxy = await startBareProxy(upstream.url);
  const proxyPaths = Array.from({ length: load.streams }, () => '/');
  try {
    const costs = await costsByRound(
      {
        proxy: () => costOf(proxy, proxyPaths, load),
        ours: async () => costOf(ours, await createChats(databaseUrl, load.streams), load),
      },
      load.rounds,
    );
    const { value, against, ratio, spread } = compared(costs, 'ours', 'proxy');
    return {
      name: `server CPU a chunk, ${load.name}`,
      value: micros(value),
      against: micros(against),
      ratio,
      spread,
      budget: { atMost: 1.2 },
    };
  } finally {
    await Promise.all([ours.stop(), proxy.stop()]);
    upstream.stop();
  }
}

/** CPU time of a server for each chunk, between the first and the last ones. */
export async function costOf(
  server: BenchServer,
  paths: string[],
  { streams, deltas, lead, tail }: Load,
): Promise<number> {
  const limits = [streams * lead, streams * (deltas - tail)];
  const samples: Promise<{ time: number; counted: number }>[] = [];
  let count = 0;
  const onChunks = (more: number): void => {
    count += more;
    const limit = limits[samples.length];
    if (limit === undefined || count < limit) return;
    const counted = count;
    samples.push(server.cpuTime().then((time) => ({ time, counted })));
  };
  const reader = new Reader(server.url);
  await reader.readAll(paths, onChunks);
  await reader.close();
  const [before, after] = await Promise.all(samples);
  if (before === undefined || after === undefined) throw new Error(`${count} of ${streams * deltas} chunks came.`);
  return (after.time - before.time) / (after.counted - before.counted);
}
