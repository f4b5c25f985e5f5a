/** One line of the benchmark's table: what was measured, against the least that the same work can cost. */
export interface BenchRow {
  name: string;
  value: string;
  floor: string;
  /** `value` over `floor`. */
  ratio: number;
  /** The ratio that must not be exceeded; null where the row is for information. */
  budget: number | null;
}
