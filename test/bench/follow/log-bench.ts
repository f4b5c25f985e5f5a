import { type BenchRow } from '../bench-row.interface.js';
import { createTestDatabase } from '../../database/test-database.js';
import { micros } from '../figures.js';
import { type Load } from '../load.interface.js';
import { compared, costsByRound } from '../rounds.js';
import { createChats } from '../server/bench-chats.js';
import { costOf } from '../server/server-bench.js';
import { startOurs } from '../server/start-server.js';
import { startUpstream } from '../upstream/start-upstream.js';

const load: Load = {
  name: '500 streams, 10 chunks/s',
  deltas: 100,
  everyMs: 100,
  streams: 500,
  lead: 30,
  tail: 10,
  rounds: 5,
};
const WITHOUT_LOG = new URL('without-log.mjs', import.meta.url).href;

/** CPU time of the server for each chunk with the log of the run, over that of the same server without it. */
export async function runLogBench(): Promise<BenchRow[]> {
  const database = await createTestDatabase();
  const upstream = await startUpstream(load);
  const logged = await startOurs(upstream.url, database.url);
  const bare = await startOurs(upstream.url, database.url, [WITHOUT_LOG]);
  const paths = (): Promise<string[]> => createChats(database.url, load.streams);
  try {
    const costs = await costsByRound(
      {
        bare: async () => costOf(bare, await paths(), load),
        logged: async () => costOf(logged, await paths(), load),
      },
      load.rounds,
      1,
    );
    const { value, against, ratio, spread } = compared(costs, 'logged', 'bare');
    return [
      {
        name: `server CPU a chunk, ${load.name}: with the log / without it`,
        value: micros(value),
        against: micros(against),
        ratio,
        spread,
        budget: { atMost: 1.1 },
      },
    ];
  } finally {
    await Promise.all([logged.stop(), bare.stop()]);
    upstream.stop();
    await database.drop();
  }
}
