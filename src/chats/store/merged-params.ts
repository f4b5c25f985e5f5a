/**
 * The JSON of `params` after the JSON of `changes`, as `mergeParams` says; both are expressions of the type `json`.
 * `jsonb` would reorder keys, which misses prompt caches, and `jsonb_strip_nulls` would reach into values. Of a key that
 * is there twice the last value counts, in the place of the first, as in JavaScript.
 */
export function mergedParams(params: string, changes: string): string {
  const pairs = (object: string, turn: number): string =>
    `SELECT key, value, ${turn} AS turn, place FROM json_each(${object}) WITH ORDINALITY AS pair (key, value, place)`;
  return `(
  SELECT coalesce(json_object_agg(key, value ORDER BY first) FILTER (WHERE json_typeof(value) <> 'null'), '{}')
    FROM (SELECT key, min(array[turn, place]) AS first, (array_agg(value ORDER BY turn DESC, place DESC))[1] AS value
            FROM (${pairs(params, 1)} UNION ALL ${pairs(changes, 2)}) pairs GROUP BY key) merged)`;
}
