/** What a ratio must keep to: two costs may be far enough apart, or close enough. */
export type Budget = { atMost: number } | { atLeast: number };

/** One line of the benchmark's table: a cost, over another that the same work had in the same run. */
export interface BenchRow {
  name: string;
  value: string;
  /** What the value is measured against: the least that the work can cost, or ours where the value is another's. */
  against: string;
  /** `value` over `against`. */
  ratio: number;
  /** The smallest and the largest ratio of the rounds; both are `ratio` where there was one round or the figure is exact. */
  spread: [low: number, high: number];
  /** Null where the row is for information. */
  budget: Budget | null;
}

/** What a run of the bench has measured, as its JSON has it. */
export interface BenchReport {
  /** Of the run, as in `2026-01-31`. */
  date: string;
  node: string;
  cores: number;
  rows: (BenchRow & { isMet: boolean | null })[];
}
