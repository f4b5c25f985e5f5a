/** How long a statement waits for a row, in milliseconds: a caller's own transaction may hold it. */
export const LOCK_TIMEOUT_MS = 3_000;

/**
 * How long a statement that a caller waits for may take to reach the rows that it writes. Together with its wait for
 * those rows (`LOCK_TIMEOUT_MS`) this ends before the caller's own wait does.
 */
const WRITE_DEADLINE_MS = 6_000;

/** The CTE `s` of a statement that bounds its wait for locks. */
export const lockTimeout = `s AS MATERIALIZED (SELECT set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true))`;

/**
 * The CTE `s` of a statement that bounds its wait for locks and writes nothing after a deadline.
 * @param deadline the parameter that has the deadline: by the database's clock, in milliseconds; `null` for none. After
 * it the statement fails, because its lock timeout is invalid.
 */
export function lockTimeoutUntil(deadline: string): string {
  return `s AS MATERIALIZED (
  SELECT set_config('lock_timeout', CASE WHEN extract(epoch FROM clock_timestamp()) * 1000 > ${deadline}::float8
                                         THEN 'too late' ELSE '${LOCK_TIMEOUT_MS}' END, true))`;
}

/**
 * Estimates the clock of a database, which may differ from this process's. It gives each statement a deadline: one that a
 * queue, a lock or the network has held up for longer writes nothing, since its caller may have sent it again.
 */
export class DatabaseClock {
  private ahead: number | undefined;

  /** Takes a time that the database has just returned, in milliseconds; it is late by no more than the answer took. */
  observe(databaseMs: number): void {
    this.ahead = Math.max(this.ahead ?? -Infinity, databaseMs - performance.now());
  }

  /** Until when a statement that is sent now may begin to write, in milliseconds; `null` before the first observation. */
  deadline(): number | null {
    return this.ahead === undefined ? null : performance.now() + this.ahead + WRITE_DEADLINE_MS;
  }
}
