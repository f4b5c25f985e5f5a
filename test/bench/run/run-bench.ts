import { type BenchRow } from '../bench-row.interface.js';
import { median, micros } from '../figures.js';
import { type Contestant, floor, ours } from './contestants.js';
import { type BenchDatabase, openBenchDatabase } from './bench-database.js';

const RUNS = 100;
const ROUNDS = 31;
/** Rounds that are not counted, until the code is compiled. */
const WARM_UP = 20;
const HISTORY = 20;

/**
 * CPU time of this process for the database work of a plain run, over that of two statements written by hand, and the
 * round trips that a run takes; medians of all rounds.
 */
export async function runRunBench(): Promise<BenchRow[]> {
  const database = await openBenchDatabase();
  try {
    const [least, value, trips] = await measure(database);
    return [
      {
        name: `database CPU a run, ${HISTORY} messages`,
        value: micros(value),
        against: micros(least),
        ratio: value / least,
        budget: { atMost: 1.3 },
      },
      { name: 'round trips a run', value: String(trips), against: '2', ratio: trips / 2, budget: { atMost: 1 } },
    ];
  } finally {
    await database.close();
  }
}

async function measure(database: BenchDatabase): Promise<[least: number, value: number, trips: number]> {
  const sides: [Contestant, Contestant] = [floor(database), ours(database)];
  const costs: [number[], number[]] = [[], []];
  const roundTrips: number[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const side of [0, 1] as const) {
      const chats = await database.createChats(RUNS, HISTORY);
      const tripsBefore = database.roundTrips();
      const before = process.cpuUsage();
      for (const chatId of chats) await sides[side].run(chatId);
      const { user, system } = process.cpuUsage(before);
      if (side === 1) roundTrips.push((database.roundTrips() - tripsBefore) / RUNS);
      if (round >= 0) costs[side].push((user + system) / RUNS);
    }
  }
  return [median(costs[0]), median(costs[1]), median(roundTrips)];
}
