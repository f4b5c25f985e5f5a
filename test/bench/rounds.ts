import { median, spreadOf } from './figures.js';

/** What each contestant cost in one round. */
export type Costs<Name extends string> = Record<Name, number>;

/**
 * Measures every contestant once a round, in turns, so that what else the machine does strikes all alike. The rounds of
 * the warm-up, which compile the code, are not counted.
 */
export async function costsByRound<Name extends string>(
  contestants: Record<Name, () => Promise<number>>,
  rounds: number,
  warmUp = 2,
): Promise<Costs<Name>[]> {
  const counted: Costs<Name>[] = [];
  for (let round = -warmUp; round < rounds; round += 1) {
    const costs = {} as Costs<Name>;
    for (const name of Object.keys(contestants) as Name[]) costs[name] = await contestants[name]();
    if (round >= 0) counted.push(costs);
  }
  return counted;
}

/** Two contestants in all rounds: their median costs, and the median and the spread of their ratios, each within one round. */
export function compared<Name extends string>(
  rounds: readonly Costs<Name>[],
  value: Name,
  against: Name,
): { value: number; against: number; ratio: number; spread: [low: number, high: number] } {
  const ratios = rounds.map((costs) => costs[value] / costs[against]);
  return {
    value: median(rounds.map((costs) => costs[value])),
    against: median(rounds.map((costs) => costs[against])),
    ratio: median(ratios),
    spread: spreadOf(ratios),
  };
}

/** CPU time of this process for some work, in microseconds. */
export async function cpuOf(work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
