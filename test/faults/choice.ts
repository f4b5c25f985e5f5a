import { generator } from '../unit/random.js';

/** Random choices of one actor: the same seed makes the same ones. */
export class Choice {
  private readonly next: (below: number) => number;

  constructor(seed: number) {
    this.next = generator(seed);
  }

  /** A whole number from `min` up to `max`, both included. */
  number(min: number, max: number): number {
    return min + this.next(max - min + 1);
  }

  /** True so many times of a hundred. */
  isLucky(percent: number): boolean {
    return this.next(100) < percent;
  }

  one<T>(values: readonly T[]): T {
    const value = values[this.next(values.length)];
    if (value === undefined) throw new Error('There is nothing to choose from.');
    return value;
  }

  /** Each value as often as its weight says. */
  weighted<T extends string>(weights: Record<T, number>): T {
    const values = Object.entries<number>(weights) as [T, number][];
    return this.one(values.flatMap(([value, weight]) => Array<T>(weight).fill(value)));
  }
}
