import { type BenchRow } from '../bench-row.interface.js';
import { median, micros } from '../figures.js';
import { type Contestant, floor, ours } from './contestants.js';
import { type Pace, startUpstream } from './upstream.js';

/** What one row measures: `streams` at once, `rounds` times each side, in turns. */
interface Load extends Pace {
  name: string;
  streams: number;
  rounds: number;
}

const loads: Load[] = [
  { name: 'client CPU a chunk, unpaced', deltas: 20_000, everyMs: 0, streams: 4, rounds: 9 },
  { name: 'client CPU a chunk, 100 streams at 50 chunks/s', deltas: 150, everyMs: 20, streams: 100, rounds: 5 },
];

/** CPU time of this process for each chunk that our client reads, over that of a bare loop; medians of all rounds. */
export async function runClientBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const load of loads) rows.push(await measure(load));
  return rows;
}

async function measure(load: Load): Promise<BenchRow> {
  const upstream = await startUpstream(load);
  const least = { side: floor(upstream.url), costs: [] as number[] };
  const own = { side: ours(upstream.url), costs: [] as number[] };
  try {
    for (let round = -1; round < load.rounds; round += 1) {
      for (const { side, costs } of [least, own]) {
        const cost = await costOf(side, load);
        if (round >= 0) costs.push(cost);
      }
    }
  } finally {
    await Promise.all([least.side.close(), own.side.close()]);
    upstream.stop();
  }
  const value = median(own.costs);
  const bound = median(least.costs);
  return { name: load.name, value: micros(value), floor: micros(bound), ratio: value / bound, budget: 1.3 };
}

async function costOf(contestant: Contestant, { streams, deltas }: Load): Promise<number> {
  globalThis.gc?.();
  const before = process.cpuUsage();
  const counts = await Promise.all(Array.from({ length: streams }, () => contestant.read()));
  const { user, system } = process.cpuUsage(before);
  const count = counts.reduce((sum, one) => sum + one, 0);
  if (count !== streams * deltas) throw new Error(`${count} of ${streams * deltas} chunks came.`);
  return (user + system) / count;
}
