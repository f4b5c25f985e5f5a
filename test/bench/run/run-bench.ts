import { type BenchRow } from '../bench-row.interface.js';
import { median, micros } from '../figures.js';
import { compared, costsByRound, cpuOf } from '../rounds.js';
import { type Contestant, floor, ours } from './contestants.js';
import { openBenchDatabase } from './bench-database.js';

const RUNS = 100;
const ROUNDS = 31;
/** Rounds that are not counted, until the code is compiled. */
const WARM_UP = 20;
const HISTORY = 20;

/**
 * CPU time of this process for the database work of a plain run in a chat that it has not seen before, over that of two
 * statements written by hand, and the round trips that a run takes.
 */
export async function runRunBench(): Promise<BenchRow[]> {
  const database = await openBenchDatabase();
  const roundTrips: number[] = [];
  const keyedTrips: number[] = [];
  try {
    const side = (contestant: Contestant, trips: number[]) => async () => {
      const chats = await database.createChats(RUNS, HISTORY);
      const before = database.roundTrips();
      const cost = await cpuOf(async () => {
        for (const chatId of chats) await contestant.run(chatId);
      });
      trips.push((database.roundTrips() - before) / RUNS);
      return cost / RUNS;
    };
    const sides = {
      floor: side(floor(database), []),
      ours: side(ours(database), roundTrips),
      keyed: side(ours(database, true), keyedTrips),
    };
    const rounds = await costsByRound(sides, ROUNDS, WARM_UP);
    const { value, against, ratio, spread } = compared(rounds, 'ours', 'floor');
    const keyed = compared(rounds, 'keyed', 'ours');
    return [
      {
        name: `database CPU a run, ${HISTORY} messages`,
        value: micros(value),
        against: micros(against),
        ratio,
        spread,
        budget: { atMost: 1.2 },
      },
      {
        name: 'database CPU a run with an idempotency key / without one',
        value: micros(keyed.value),
        against: micros(keyed.against),
        ratio: keyed.ratio,
        spread: keyed.spread,
        budget: null,
      },
      tripsRow('round trips a run', median(roundTrips)),
      tripsRow('round trips a run with an idempotency key', median(keyedTrips)),
    ];
  } finally {
    await database.close();
  }
}

function tripsRow(name: string, trips: number): BenchRow {
  const ratio = trips / 2;
  return { name, value: String(trips), against: '2', ratio, spread: [ratio, ratio], budget: { atMost: 1 } };
}
