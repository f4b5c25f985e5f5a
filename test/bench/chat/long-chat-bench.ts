import { ModelRegistry } from '../../../src/models/model-registry.js';
import { DelegateRegistry } from '../../../src/router/delegates.service.js';
import { firstRequest } from '../../../src/runs/run-request.js';
import { type BenchRow, type Budget } from '../bench-row.interface.js';
import { median, micros, spreadOf } from '../figures.js';
import { compared, costsByRound, cpuOf } from '../rounds.js';
import { type BenchDatabase, openBenchDatabase } from '../run/bench-database.js';
import { PlainRuns } from '../run/plain-run.js';

const delegates = new DelegateRegistry();

const RUNS = 20;
const ROUNDS = 15;
const WARM_UP = 5;
const LOADED = 1_000;
const LOADS = 5;
const LOAD_BUDGET_MICROS = 3.5;

/** How much a run may cost at these lengths, over one in a chat of ten messages. */
const lengths: Record<number, Budget | null> = {
  10: null,
  100: { atMost: 1.2 },
  1_000: { atMost: 1.2 },
  10_000: { atMost: 1.2 },
};

/**
 * CPU time of this process for a run from its begin to the request's body and to its end, without the request itself and
 * without one copy of the body's bytes, in chats that go on; its round trips; and what it costs to load a chat that was
 * not seen before.
 */
export async function runLongChatBench(): Promise<BenchRow[]> {
  const database = await openBenchDatabase();
  try {
    return [await loading(database), ...(await running(database))];
  } finally {
    await database.close();
  }
}

async function loading(database: BenchDatabase): Promise<BenchRow> {
  const runs = new PlainRuns(database.dataSource);
  let read = 0;
  const load = async (): Promise<number> => {
    const chats = await database.createChats(LOADS, LOADED);
    return cpuOf(async () => {
      for (const chatId of chats)
        for (const { parts } of (await runs.begin(chatId)).begun.history) read += parts.length;
    });
  };
  const costs = await costsByRound({ load }, ROUNDS, WARM_UP);
  if (read === 0) throw new Error('Nothing was read.');
  const ratios = costs.map(({ load }) => load / LOADS / LOADED / LOAD_BUDGET_MICROS);
  return {
    name: `CPU a message of a history that is loaded, ${LOADED} messages`,
    value: micros(median(ratios) * LOAD_BUDGET_MICROS),
    against: micros(LOAD_BUDGET_MICROS),
    ratio: median(ratios),
    spread: spreadOf(ratios),
    budget: { atMost: 1 },
  };
}

async function running(database: BenchDatabase): Promise<BenchRow[]> {
  const trips = new Map<number, number[]>();
  const side = (length: number) => async (): Promise<number> => {
    const runs = new PlainRuns(database.dataSource);
    const [chatId = ''] = await database.createChats(1, length);
    for (let run = 0; run < 3; run += 1) await plainRun(runs, chatId);
    const before = database.roundTrips();
    let body: Buffer = Buffer.alloc(0);
    const cost = await cpuOf(async () => {
      for (let run = 0; run < RUNS; run += 1) body = await plainRun(runs, chatId);
    });
    trips.set(length, [...(trips.get(length) ?? []), (database.roundTrips() - before) / RUNS]);
    const copying = await cpuOf(() => {
      for (let run = 0; run < RUNS; run += 1) Buffer.concat([body]);
    });
    return (cost - copying) / RUNS;
  };
  const sizes = Object.keys(lengths).map(Number);
  const rounds = await costsByRound(Object.fromEntries(sizes.map((length) => [length, side(length)])), ROUNDS, WARM_UP);
  return Object.entries(lengths).map(([length, budget]) => {
    const { value, against, ratio, spread } = compared(rounds, length, '10');
    const roundTrips = median(trips.get(Number(length)) ?? []);
    const name = `CPU a run in a chat of ${length} messages over one of 10, ${roundTrips} round trips`;
    return { name, value: micros(value), against: micros(against), ratio, spread, budget };
  });
}

const models = new ModelRegistry();

async function plainRun(runs: PlainRuns, chatId: string): Promise<Buffer> {
  const { begun, finish } = await runs.begin(chatId);
  const { request } = firstRequest(begun, { chat: { id: chatId }, user: [], settings: {} }, []);
  const model = models.get(begun.model);
  const { body } = delegates.get(model).render(model, request);
  await finish();
  return body;
}
