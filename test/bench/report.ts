import { availableParallelism } from 'node:os';
import { type BenchReport, type BenchRow, type Budget } from './bench-row.interface.js';

/** A row of the table as a person reads it. */
export function tableRow({ name, value, against, ratio, budget }: BenchRow): Record<string, string> {
  const verdict = budget === null ? '' : isMet(ratio, budget) ? 'met' : 'MISSED';
  return { what: name, value, against, ratio: ratio.toFixed(2), budget: textOf(budget), '': verdict };
}

/** All rows as a program reads them, with the day and the machine. */
export function reportOf(rows: readonly BenchRow[]): BenchReport {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cores: availableParallelism(),
    rows: rows.map((row) => ({ ...row, isMet: row.budget && isMet(row.ratio, row.budget) })),
  };
}

/** Whether a ratio keeps to its budget. */
export function isMet(ratio: number, budget: Budget): boolean {
  return 'atMost' in budget ? ratio <= budget.atMost : ratio >= budget.atLeast;
}

/** A budget as a person reads it. */
export function textOf(budget: Budget | null): string {
  if (budget === null) return '';
  return 'atMost' in budget ? `≤ ${budget.atMost}` : `≥ ${budget.atLeast}`;
}
