/** How long a statement waits for a row, in milliseconds: a caller's own transaction may hold it. */
export const LOCK_TIMEOUT_MS = 3_000;

/**
 * The beginning `s` of a statement that must not wait long for a lock, nor write after a deadline.
 * @param deadline the parameter that has it: by the database's clock, in milliseconds; `null` for none. After it the
 * statement fails, since no such time-out can be set.
 */
export function withLockTimeout(deadline: string): string {
  return `s AS MATERIALIZED (
  SELECT set_config('lock_timeout', CASE WHEN extract(epoch FROM clock_timestamp()) * 1000 > ${deadline}::float8
                                         THEN 'too late' ELSE '${LOCK_TIMEOUT_MS}' END, true))`;
}
