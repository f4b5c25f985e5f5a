import { type BenchRow, type Budget } from './bench-row.interface.js';

/** A row of the table as a person reads it. */
export function tableRow({ name, value, against, ratio, budget }: BenchRow): Record<string, string> {
  const verdict = budget === null ? '' : isMet(ratio, budget) ? 'met' : 'MISSED';
  return { what: name, value, against, ratio: ratio.toFixed(2), budget: textOf(budget), '': verdict };
}

/** A row as a program reads it. */
export function jsonRow(row: BenchRow): BenchRow & { isMet: boolean | null } {
  return { ...row, isMet: row.budget && isMet(row.ratio, row.budget) };
}

function isMet(ratio: number, budget: Budget): boolean {
  return 'atMost' in budget ? ratio <= budget.atMost : ratio >= budget.atLeast;
}

function textOf(budget: Budget | null): string {
  if (budget === null) return '';
  return 'atMost' in budget ? `≤ ${budget.atMost}` : `≥ ${budget.atLeast}`;
}
