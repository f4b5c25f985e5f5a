/**
 * How long what a caller waits for may take to reach the rows it writes. With the wait for those, which
 * `LOCK_TIMEOUT_MS` bounds, that ends before the caller is told that the database did not answer.
 */
const WRITE_DEADLINE_MS = 6_000;

/**
 * The clock of a database, which this process's own may differ from. By it a statement is told until when it may begin
 * to write: one that a queue, a lock or the network has held up for longer does nothing, whoever has sent it meanwhile
 * for the second time.
 */
export class DatabaseClock {
  private ahead: number | undefined;

  /** Takes what the database's clock, in milliseconds, has just said: at the most as much earlier as the answer took. */
  observe(databaseMs: number): void {
    this.ahead = Math.max(this.ahead ?? -Infinity, databaseMs - performance.now());
  }

  /** Until when a statement that leaves now may begin to write, in milliseconds; `null` before the first look at the clock. */
  deadline(): number | null {
    return this.ahead === undefined ? null : performance.now() + this.ahead + WRITE_DEADLINE_MS;
  }
}
