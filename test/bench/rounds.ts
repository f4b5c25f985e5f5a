import { median } from './figures.js';

/**
 * Measures every contestant once a round, in turns, so that what else the machine does strikes all alike; returns the
 * median of each. A first round is not counted: it compiles the code.
 */
export async function medianCosts<Name extends string>(
  contestants: Record<Name, () => Promise<number>>,
  rounds: number,
): Promise<Record<Name, number>> {
  const entries = Object.entries<() => Promise<number>>(contestants);
  const costs = entries.map((): number[] => []);
  for (let round = -1; round < rounds; round += 1) {
    for (const [place, [, cost]] of entries.entries()) {
      const value = await cost();
      if (round >= 0) costs[place]?.push(value);
    }
  }
  return Object.fromEntries(entries.map(([name], place) => [name, median(costs[place] ?? [])])) as Record<Name, number>;
}
