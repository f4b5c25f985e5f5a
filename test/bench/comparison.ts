import { type BenchReport, type BenchRow } from './bench-row.interface.js';

/** A row that is not the same in two runs of the bench. A ratio is empty where that run does not have the row. */
export interface Difference {
  what: string;
  was: string;
  is: string;
  '': 'moved' | 'new' | 'gone';
}

type ComparedReport = Pick<BenchReport, 'rows'>;

/**
 * The rows whose ratio moved out of the spread of both runs, and those that only one of them has. A row that was written
 * without a spread is compared by its ratio alone.
 */
export function comparisonOf(before: ComparedReport, after: ComparedReport): Difference[] {
  const old = new Map(before.rows.map((row) => [row.name, row]));
  const differences: Difference[] = [];
  for (const row of after.rows) {
    const was = old.get(row.name);
    old.delete(row.name);
    if (was === undefined) differences.push({ what: row.name, was: '', is: figure(row), '': 'new' });
    else if (hasMoved(was, row)) differences.push({ what: row.name, was: figure(was), is: figure(row), '': 'moved' });
  }
  for (const row of old.values()) differences.push({ what: row.name, was: figure(row), is: '', '': 'gone' });
  return differences;
}

function hasMoved(was: BenchRow, is: BenchRow): boolean {
  return isOutside(is.ratio, was) && isOutside(was.ratio, is);
}

function isOutside(ratio: number, row: BenchRow): boolean {
  const [low, high] = writtenSpread(row);
  return ratio < low || ratio > high;
}

/** A report of an earlier version may have rows without a spread. */
function writtenSpread({ ratio, spread }: Pick<BenchRow, 'ratio'> & Partial<BenchRow>): [low: number, high: number] {
  return spread ?? [ratio, ratio];
}

/** A ratio with its spread, as a person reads it. */
function figure(row: BenchRow): string {
  const [low, high] = writtenSpread(row);
  return `${row.ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}
