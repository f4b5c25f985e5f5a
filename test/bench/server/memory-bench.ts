import { createTestDatabase } from '../../database/test-database.js';
import { type BenchRow } from '../bench-row.interface.js';
import { kilobytes, median, spreadOf } from '../figures.js';
import { startUpstream } from '../upstream/start-upstream.js';
import { createChats } from './bench-chats.js';
import { Reader } from './reader.js';
import { type BenchServer, startOurs } from './start-server.js';

const STREAMS = 500;
const PACE = { deltas: 100, everyMs: 100 };
/** Each stream is half through when the server is looked at. */
const LOOK_AT = (STREAMS * PACE.deltas) / 2;
const WARM_UP = 100;
const ROUNDS = 5;
const BUDGET_BYTES = 25 * 1024;

interface Held {
  rss: number;
  heap: number;
}

/** What a live stream holds in the server, its garbage collected; medians of rounds, each with a server of its own. */
export async function runMemoryBench(): Promise<BenchRow[]> {
  const database = await createTestDatabase();
  const upstream = await startUpstream(PACE);
  const rounds: Held[] = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const server = await startOurs(upstream.url, database.url);
      try {
        rounds.push(await heldByStream(server, database.url));
      } finally {
        await server.stop();
      }
    }
  } finally {
    upstream.stop();
    await database.drop();
  }
  return [
    row(
      'RSS',
      rounds.map(({ rss }) => rss),
    ),
    row(
      'heap and buffers',
      rounds.map(({ heap }) => heap),
    ),
  ];
}

/** What the server has more with the streams than without them, after it has run some: their code is not theirs. */
async function heldByStream(server: BenchServer, databaseUrl: string): Promise<Held> {
  const reader = new Reader(server.url);
  await reader.readAll(await createChats(databaseUrl, WARM_UP), () => undefined);
  const before = await server.memory();
  let count = 0;
  let looked: Promise<NodeJS.MemoryUsage> | undefined;
  await reader.readAll(await createChats(databaseUrl, STREAMS), (more) => {
    count += more;
    if (count >= LOOK_AT) looked ??= server.memory();
  });
  await reader.close();
  const after = await looked;
  if (after === undefined) throw new Error(`${count} of ${LOOK_AT} chunks came.`);
  return {
    rss: (after.rss - before.rss) / STREAMS,
    heap: (after.heapUsed + after.external - before.heapUsed - before.external) / STREAMS,
  };
}

function row(what: string, held: number[]): BenchRow {
  const ratios = held.map((bytes) => bytes / BUDGET_BYTES);
  return {
    name: `memory a live stream, of ${STREAMS}: ${what}`,
    value: kilobytes(median(held)),
    against: kilobytes(BUDGET_BYTES),
    ratio: median(ratios),
    spread: spreadOf(ratios),
    budget: { atMost: 1 },
  };
}
