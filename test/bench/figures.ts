/** The middle one of some measurements. */
export function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new Error('Nothing was measured.');
  return middle;
}

/** The smallest and the largest one of some measurements. */
export function spreadOf(values: readonly number[]): [low: number, high: number] {
  if (values.length === 0) throw new Error('Nothing was measured.');
  return [Math.min(...values), Math.max(...values)];
}

/** A duration in microseconds, as the table shows it. */
export function micros(value: number): string {
  return `${value.toFixed(2)} µs`;
}

/** A size in bytes, as the table shows it. */
export function kilobytes(value: number): string {
  return `${(value / 1024).toFixed(1)} KB`;
}

/** Likewise a larger one. */
export function megabytes(value: number): string {
  return `${(value / 1024 / 1024).toFixed(0)} MB`;
}
