/**
 * The JSON of a chat's tools after the JSON of a change: a list that replaces them, the tools that are added, or NULL; as
 * `toolsAfter` of runs/chat-tools says. Both are expressions of the type `json`.
 */
export function toolsAfter(tools: string, change: string): string {
  const names = (list: string, turn: number): string =>
    `SELECT name, ${turn} AS turn, place FROM json_array_elements_text(${list}) WITH ORDINALITY AS item (name, place)`;
  const base = `coalesce(${tools}, ${change} -> 'base')`;
  return `CASE json_typeof(${change}) WHEN 'array' THEN ${change} WHEN 'object' THEN (
  SELECT coalesce(json_agg(name ORDER BY first), '[]')
    FROM (SELECT name, min(array[turn, place]) AS first
            FROM (${names(base, 1)} UNION ALL ${names(`${change} -> 'added'`, 2)}) names GROUP BY name) listed)
    ELSE ${tools} END`;
}
