import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchRow } from '../bench-row.interface.js';
import { median, megabytes, spreadOf } from '../figures.js';
import { compared, costsByRound } from '../rounds.js';
import { createChats } from '../server/bench-chats.js';
import { Reader } from '../server/reader.js';
import { type HeldMemory } from '../server/start-server.js';
import { type Contestant, type Name, withContestants } from './contestants.js';

/** So many chats at once, each of which asks so often, one ask after the other. */
interface AskLoad {
  name: string;
  chats: number;
  asks: number;
  deltas: number;
  everyMs: number;
  /** At most so many times what the floor takes, and at least so many times less than the peer takes. */
  budget: { floor: number; peer: number };
}

const loads: AskLoad[] = [
  { name: '20 chats, 1 delta', chats: 20, asks: 20, deltas: 1, everyMs: 0, budget: { floor: 1.8, peer: 4 } },
  {
    name: '40 chats, 60 deltas at 20 ms',
    chats: 40,
    asks: 2,
    deltas: 60,
    everyMs: 20,
    budget: { floor: 1.25, peer: 6 },
  },
  {
    name: '100 chats, 100 deltas at 50 ms',
    chats: 100,
    asks: 1,
    deltas: 100,
    everyMs: 50,
    budget: { floor: 1.2, peer: 8 },
  },
];
const ROUNDS = 5;
const WARM_UP = 2;
/** Until a server has done what it does after an answer. */
const SETTLED_MS = 200;
/** In a round, of each server. */
const LONE_ASKS = 20;
/** What the first token of a lone ask may take more than the floor's, in milliseconds. */
const FIRST_TOKEN_BUDGET_MS = 1.2;

/**
 * What a whole ask costs a server, from the request to the end of the stream: its CPU time by the operating system, over
 * that of a server by hand and under that of a Nest server on AI SDK 6 and 7.
 */
export async function runAskBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const load of loads) rows.push(...(await withContestants(load, (all) => measure(load, all))));
  return rows;
}

async function measure(load: AskLoad, all: Record<Name, Contestant>): Promise<BenchRow[]> {
  const { name, budget } = load;
  const cost = (of: Name) => () => costOf(all[of], load);
  const sides = { floor: cost('floor'), ours: cost('ours'), peer6: cost('peer6'), peer7: cost('peer7') };
  const idle = await memoryOf(all);
  const rounds = await costsByRound(sides, ROUNDS, WARM_UP);
  const row = (value: Name, against: Name, what: string, limit: BenchRow['budget']): BenchRow => {
    const figures = compared(rounds, value, against);
    return {
      name: `server CPU an ask, ${name}: ${what}`,
      value: millis(figures.value / 1_000),
      against: millis(figures.against / 1_000),
      ratio: figures.ratio,
      spread: figures.spread,
      budget: limit,
    };
  };
  return [
    row('ours', 'floor', 'ours / floor', { atMost: budget.floor }),
    row('peer6', 'ours', 'Nest with AI SDK 6 / ours', { atLeast: budget.peer }),
    row('peer7', 'ours', 'Nest with AI SDK 7 / ours', { atLeast: budget.peer }),
    ...(load.chats === 20 ? [await firstToken(all)] : []),
    ...(load.chats === 40 ? memoryRows(idle, await memoryOf(all)) : []),
  ];
}

/** CPU time of a server for each ask. */
async function costOf({ server, databaseUrl }: Contestant, { chats, asks, deltas }: AskLoad): Promise<number> {
  const paths = await createChats(databaseUrl, chats);
  const reader = new Reader(server.url);
  const before = await server.cpuTime();
  let chunks = 0;
  await reader.readAll(paths, (count) => (chunks += count), asks);
  await sleep(SETTLED_MS);
  const after = await server.cpuTime();
  await reader.close();
  if (chunks !== chats * asks * deltas) throw new Error(`${chunks} of ${chats * asks * deltas} chunks came.`);
  return (after - before) / (chats * asks);
}

/** What the first token of a lone ask takes more than the floor's: in each round the two servers answer in turns. */
async function firstToken({ floor, ours }: Record<Name, Contestant>): Promise<BenchRow> {
  const added: number[] = [];
  const readers = { floor: new Reader(floor.server.url), ours: new Reader(ours.server.url) };
  for (let round = 0; round < ROUNDS; round += 1) {
    const took = { floor: [] as number[], ours: [] as number[] };
    const floorPaths = await createChats(floor.databaseUrl, LONE_ASKS);
    for (const path of await createChats(ours.databaseUrl, LONE_ASKS)) {
      took.floor.push(await firstTokenMs(readers.floor, floorPaths.pop() ?? ''));
      took.ours.push(await firstTokenMs(readers.ours, path));
    }
    added.push(median(took.ours) - median(took.floor));
  }
  await Promise.all([readers.floor.close(), readers.ours.close()]);
  const ratios = added.map((milliseconds) => milliseconds / FIRST_TOKEN_BUDGET_MS);
  return {
    name: 'first token of a lone ask: ours over floor',
    value: millis(median(added)),
    against: millis(FIRST_TOKEN_BUDGET_MS),
    ratio: median(ratios),
    spread: spreadOf(ratios),
    budget: { atMost: 1 },
  };
}

async function firstTokenMs(reader: Reader, path: string): Promise<number> {
  const startedAt = performance.now();
  let tookMs: number | undefined;
  await reader.readAll([path], (count) => {
    if (count > 0) tookMs ??= performance.now() - startedAt;
  });
  if (tookMs === undefined) throw new Error('No chunk came.');
  return tookMs;
}

async function memoryOf(all: Record<Name, Contestant>): Promise<Record<Name, HeldMemory>> {
  const held = Object.entries(all).map(async ([name, { server }]) => [name, await server.memory()] as const);
  return Object.fromEntries(await Promise.all(held)) as Record<Name, HeldMemory>;
}

/** What the servers hold before their first ask, and at most. */
function memoryRows(idle: Record<Name, HeldMemory>, after: Record<Name, HeldMemory>): BenchRow[] {
  const row = (name: string, value: number, against: number): BenchRow => {
    const ratio = value / against;
    return { name, value: megabytes(value), against: megabytes(against), ratio, spread: [ratio, ratio], budget: null };
  };
  return [
    row('idle memory, RSS: ours / floor', idle.ours.rss, idle.floor.rss),
    row('peak memory, RSS, 40 chats: ours / floor', after.ours.peak, after.floor.peak),
    row('peak memory, RSS, 40 chats: Nest with AI SDK 6 / ours', after.peer6.peak, after.ours.peak),
    row('peak memory, RSS, 40 chats: Nest with AI SDK 7 / ours', after.peer7.peak, after.ours.peak),
  ];
}

function millis(value: number): string {
  return `${value.toFixed(2)} ms`;
}
