import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { compileContestants, startFloor } from '../ask/start-contestants.js';
import { createTestDatabase } from '../../database/test-database.js';
import { type BenchRow } from '../bench-row.interface.js';
import { createChats } from '../server/bench-chats.js';
import { type BenchServer, startOurs } from '../server/start-server.js';
import { startUpstream } from '../upstream/start-upstream.js';

/** Streams of this pace, searched from so many on. */
interface SustainedLoad {
  deltas: number;
  everyMs: number;
  /** How often each stream is asked for, one time after the other. */
  asks: number;
  first: number;
  atLeast: number;
}

const loads: SustainedLoad[] = [
  { deltas: 64, everyMs: 20, asks: 3, first: 125, atLeast: 0.8 },
  { deltas: 64, everyMs: 100, asks: 2, first: 500, atLeast: 0.9 },
];
/** Beyond so many the search stops. */
const MAX_STREAMS = 4_000;
/** Steps between the last number that a server sustains and the first that it does not. */
const BISECTIONS = 2;
const STALL_MS = 200;
/** What the gap that 99% of the frames keep within may grow by, over the floor's. */
const ADDED_GAP_MS = 2;

interface Trial {
  chunks: number;
  maxGapMs: number;
  p99GapMs: number;
  error?: string;
}

/**
 * How many streams one server process sustains at once, with each frame delivered and no gap of more than 200 ms within a
 * stream, as a share of what the server by hand sustains; and how much later frames come where both do.
 */
export async function runSustainBench(): Promise<BenchRow[]> {
  compileContestants();
  const reader = fork(fileURLToPath(new URL('stream-reader.mjs', import.meta.url)), { execArgv: [] });
  try {
    const rows: BenchRow[] = [];
    for (const load of loads) rows.push(...(await measure(load, reader)));
    return rows;
  } finally {
    reader.disconnect();
  }
}

async function measure(load: SustainedLoad, reader: ChildProcess): Promise<BenchRow[]> {
  const { deltas, everyMs, atLeast } = load;
  const database = await createTestDatabase();
  const upstream = await startUpstream(load);
  const ours = await startOurs(upstream.url, database.url);
  const floor = await startFloor(upstream.url, database.url);
  try {
    const trial = async (server: BenchServer, streams: number): Promise<Trial> => {
      const paths = await createChats(database.url, streams);
      reader.send({ url: server.url, paths, asks: load.asks, spreadMs: deltas * everyMs });
      const [result] = (await once(reader, 'message')) as [Trial];
      return result;
    };
    for (const server of [floor, ours]) await trial(server, load.first);
    const sustains =
      (server: BenchServer) =>
      async (streams: number): Promise<boolean> => {
        const { chunks, maxGapMs, error } = await trial(server, streams);
        return error === undefined && chunks === streams * load.asks * deltas && maxGapMs <= STALL_MS + everyMs;
      };
    const [byFloor, byOurs] = [await search(sustains(floor), load.first), await search(sustains(ours), load.first)];
    const ratio = byOurs / byFloor;
    const both = Math.max(1, Math.floor(Math.min(byFloor, byOurs) / 2));
    const [floorGap, oursGap] = [(await trial(floor, both)).p99GapMs, (await trial(ours, both)).p99GapMs];
    const added = (oursGap - floorGap) / ADDED_GAP_MS;
    return [
      {
        name: `streams sustained, ${deltas} deltas at ${everyMs} ms: ours / floor`,
        value: String(byOurs),
        against: String(byFloor),
        ratio,
        spread: [ratio, ratio],
        budget: { atLeast },
      },
      {
        name: `gap between deltas at ${everyMs} ms that 99% keep within, ${both} streams: ours over floor`,
        value: `${(oursGap - floorGap).toFixed(1)} ms`,
        against: `${ADDED_GAP_MS} ms`,
        ratio: added,
        spread: [added, added],
        budget: { atMost: 1 },
      },
    ];
  } finally {
    await Promise.all([ours.stop(), floor.stop()]);
    upstream.stop();
    await database.drop();
  }
}

/** The largest number that passes, about: by doubling, then by halving the step; a failure is tried twice. */
async function search(passes: (streams: number) => Promise<boolean>, first: number): Promise<number> {
  const isSustained = async (streams: number): Promise<boolean> => (await passes(streams)) || passes(streams);
  let sustained = 0;
  let failed = first;
  while (failed <= MAX_STREAMS && (await isSustained(failed))) {
    sustained = failed;
    failed *= 2;
  }
  if (failed > MAX_STREAMS) return sustained;
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = Math.round((sustained + failed) / 2);
    if (await isSustained(middle)) sustained = middle;
    else failed = middle;
  }
  return sustained;
}
