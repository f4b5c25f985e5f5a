import { type BenchRow } from '../bench-row.interface.js';
import { createTestDatabase } from '../../database/test-database.js';
import { micros } from '../figures.js';
import { type Load } from '../load.interface.js';
import { compared, type Costs } from '../rounds.js';
import { createChats } from '../server/bench-chats.js';
import { Reader } from '../server/reader.js';
import { type BenchServer, startOurs } from '../server/start-server.js';
import { startUpstream } from '../upstream/start-upstream.js';

const load: Load = {
  name: '100 runs, 10 chunks/s',
  deltas: 100,
  everyMs: 100,
  streams: 100,
  lead: 0,
  tail: 0,
  rounds: 5,
};

/**
 * CPU time of a server for each chunk of a run that it follows while another one works it, over what that other one takes
 * to work and to stream it. Their begin and their end are counted.
 */
export async function runElsewhereBench(): Promise<BenchRow[]> {
  const database = await createTestDatabase();
  const upstream = await startUpstream(load);
  const [working, following] = await Promise.all([
    startOurs(upstream.url, database.url),
    startOurs(upstream.url, database.url),
  ]);
  try {
    const rounds: Costs<'following' | 'working'>[] = [];
    for (let round = -1; round < load.rounds; round += 1) {
      const costs = await costsOf(working, following, database.url);
      if (round >= 0) rounds.push(costs);
    }
    const { value, against, ratio, spread } = compared(rounds, 'following', 'working');
    return [
      {
        name: `CPU a chunk that is followed elsewhere, ${load.name}: follower / worker`,
        value: micros(value),
        against: micros(against),
        ratio,
        spread,
        budget: null,
      },
    ];
  } finally {
    await Promise.all([working.stop(), following.stop()]);
    upstream.stop();
    await database.drop();
  }
}

/** What a chunk costs each of the two servers, when the chats of one are read by way of the other as well. */
async function costsOf(
  working: BenchServer,
  following: BenchServer,
  databaseUrl: string,
): Promise<Costs<'following' | 'working'>> {
  const paths = await createChats(databaseUrl, load.streams);
  const before = await Promise.all([working.cpuTime(), following.cpuTime()]);
  const [asks, follows] = [new Reader(working.url), new Reader(following.url)];
  let asked = 0;
  let followed = 0;
  const asking = asks.readAll(paths, (count) => (asked += count));
  await follows.followAll(paths, (count) => (followed += count));
  await asking;
  await Promise.all([asks.close(), follows.close()]);
  const after = await Promise.all([working.cpuTime(), following.cpuTime()]);
  return { working: (after[0] - before[0]) / asked, following: (after[1] - before[1]) / followed };
}
