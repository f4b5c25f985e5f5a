import { createTestDatabase } from '../../database/test-database.js';
import { type BenchRow } from '../bench-row.interface.js';
import { kilobytes } from '../figures.js';
import { createChats } from '../server/bench-chats.js';
import { Reader } from '../server/reader.js';
import { type BenchServer, startOurs } from '../server/start-server.js';
import { startUpstream } from '../upstream/start-upstream.js';

const CHATS = 20;
const FIRST = 1_000;
const ALL = 10_000;
/** What the cached history of such a chat takes by the cache's own estimate: two messages and their 150 characters. */
const CACHED_BYTES = 2 * 400 + 4 * 150;

/**
 * What stays in the server's heap and buffers of an ask in a chat of its own, its garbage collected: the cache of histories,
 * which has a bound of 64 MB, may keep each of these chats, and nothing else may grow.
 */
export async function runFlatBench(): Promise<BenchRow[]> {
  const database = await createTestDatabase();
  const upstream = await startUpstream({ deltas: 1, everyMs: 0 });
  const server = await startOurs(upstream.url, database.url);
  try {
    const before = await heldAfter(server, database.url, FIRST);
    const after = await heldAfter(server, database.url, ALL - FIRST);
    const bytes = (after - before) / (ALL - FIRST);
    const ratio = bytes / CACHED_BYTES;
    return [
      {
        name: `memory that stays of an ask, from ${FIRST} to ${ALL} asks / its cached history`,
        value: kilobytes(bytes),
        against: kilobytes(CACHED_BYTES),
        ratio,
        spread: [ratio, ratio],
        budget: { atMost: 2 },
      },
    ];
  } finally {
    await server.stop();
    upstream.stop();
    await database.drop();
  }
}

/** What the server holds after so many more asks, each in a new chat. */
async function heldAfter(server: BenchServer, databaseUrl: string, asks: number): Promise<number> {
  const reader = new Reader(server.url);
  let chunks = 0;
  for (let asked = 0; asked < asks; asked += CHATS) {
    await reader.readAll(await createChats(databaseUrl, CHATS), (count) => (chunks += count));
  }
  await reader.close();
  if (chunks !== asks) throw new Error(`${chunks} of ${asks} chunks came.`);
  const { heapUsed, external } = await server.memory();
  return heapUsed + external;
}
