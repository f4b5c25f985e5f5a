import { createTestDatabase } from '../../database/test-database.js';
import { type BenchRow } from '../bench-row.interface.js';
import { micros } from '../figures.js';
import { compared, costsByRound } from '../rounds.js';
import { createChats } from '../server/bench-chats.js';
import { Reader } from '../server/reader.js';
import { type BenchServer, startBroadcast, startOurs } from '../server/start-server.js';
import { startUpstream } from '../upstream/start-upstream.js';

const FOLLOWERS = 100;
const PACE = { deltas: 300, everyMs: 20 };
/** The chunks at the begin and at the end of the run that are not counted, while followers come and go. */
const LEAD = 100;
const TAIL = 50;
const ROUNDS = 5;

/**
 * CPU time of a server for each follower and chunk of one run that many follow, over that of writing one buffer to as many
 * sockets. The work of the run itself is part of ours.
 */
export async function runSharedBench(): Promise<BenchRow[]> {
  const database = await createTestDatabase();
  const upstream = await startUpstream(PACE);
  const ours = await startOurs(upstream.url, database.url);
  const broadcast = await startBroadcast(PACE.everyMs, PACE.deltas);
  const everywhere = Array.from({ length: FOLLOWERS }, () => '/');
  try {
    const sides = {
      broadcast: () =>
        costOf(broadcast, (reader, count) =>
          Promise.all([reader.followAll(everywhere, count), reader.followAll(['/go'], count)]),
        ),
      ours: async () => {
        const [path = ''] = await createChats(database.url, 1);
        const followed = everywhere.map(() => path);
        return costOf(ours, (reader, count) =>
          Promise.all([reader.readAll([path], count), reader.followAll(followed, count)]),
        );
      },
    };
    const { value, against, ratio, spread } = compared(await costsByRound(sides, ROUNDS, 1), 'ours', 'broadcast');
    return [
      {
        name: `CPU a follower and chunk, ${FOLLOWERS} followers of a run: ours / one buffer to as many sockets`,
        value: micros(value),
        against: micros(against),
        ratio,
        spread,
        budget: { atMost: 1.3 },
      },
    ];
  } finally {
    await Promise.all([ours.stop(), broadcast.stop()]);
    upstream.stop();
    await database.drop();
  }
}

type Reading = (reader: Reader, onChunks: (count: number) => void) => Promise<unknown>;

async function costOf(server: BenchServer, read: Reading): Promise<number> {
  const readers = FOLLOWERS + 1;
  const limits = [readers * LEAD, readers * (PACE.deltas - TAIL)];
  const samples: Promise<{ time: number; counted: number }>[] = [];
  let count = 0;
  const reader = new Reader(server.url);
  await read(reader, (more) => {
    count += more;
    const limit = limits[samples.length];
    if (limit === undefined || count < limit) return;
    const counted = count;
    samples.push(server.cpuTime().then((time) => ({ time, counted })));
  });
  await reader.close();
  const [before, after] = await Promise.all(samples);
  if (before === undefined || after === undefined || count !== readers * PACE.deltas) {
    throw new Error(`${count} of ${readers * PACE.deltas} chunks came.`);
  }
  return (after.time - before.time) / (after.counted - before.counted);
}
