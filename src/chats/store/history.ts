import { type HistoryMessage } from '../../runs/begin-run.interface.js';
import { type KindDatabase, type KindSql } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { resend } from './resend.js';
import { type HistoryHeader, type MessageRow, type StoredHistory } from './stored-history.js';

/** What a statement did (`null` where it did nothing), and the chat's history. */
export interface WithHistory<Done> {
  done: Done | null;
  history: StoredHistory;
}

/** The rows of a history: its header, unless the statement did nothing, and the messages in order. */
type HistoryRows = [HeaderRow?, ...MessageRow[]];

/** `header` is JSON. */
type HeaderRow = [seq: -1, id: null, role: null, status: null, header: string, finishReason: null, digest: null];

/**
 * The end of a statement that returns the history of the chat `$1`, except the messages that the caller knows: those up to
 * the parameter `after`, if they still add up to the parameter `version`. It follows a CTE `h`, whose only row has the
 * column `done`.
 *
 * Each version of a row has its own pair of `id` and `xmin`, so any change, replacement, addition or deletion changes the
 * sum of their hashes, whichever statement made it and in whatever order transactions ended.
 */
export function historyAfter(t: KindTables, after: string, version: string): string {
  const { message } = t;
  const listed = (...properties: string[]): string => properties.map((property) => `m.${message(property)}`).join(', ');
  const live = `FROM ${t.messages} m WHERE m.${message('chatId')} = $1 AND ${t.isLive('m')}`;
  return `
v AS MATERIALIZED (
  SELECT CASE WHEN sum(version) FILTER (WHERE seq <= ${after}::int) IS NOT DISTINCT FROM ${version}::numeric
              THEN ${after}::int ELSE -1 END AS after, sum(version)::text AS version
    FROM (SELECT m.${message('seq')} AS seq, uuid_hash_extended(m.${message('id')}, m.xmin::text::bigint) AS version ${live} OFFSET 0) m)
SELECT -1 AS seq, NULL::uuid, NULL, NULL, json_build_object('done', h.done, 'after', v.after, 'version', v.version)::text, NULL, NULL
  FROM h, v
UNION ALL
(SELECT ${listed('seq', 'id', 'role', 'status')}, m.${message('parts')}::text, ${listed('finishReason', 'prefixDigest')} ${live}
    AND m.${message('seq')} > (SELECT after FROM v) AND EXISTS (SELECT FROM h))
ORDER BY seq`;
}

/** The history of the chat `$1` by itself. */
function historySql(t: KindTables): string {
  return `WITH h AS (SELECT NULL::json AS done),${historyAfter(t, '$2', '$3')}`;
}

/** Runs a statement that ends with `historyAfter`, and reads only what is new of the history. */
export async function withHistory<Done>(
  database: KindDatabase,
  sql: KindSql,
  chatId: string,
  values: unknown[],
): Promise<WithHistory<Done>> {
  const { histories } = database;
  const known = histories.get(chatId);
  const [first, ...messages] = await database.arrays<HistoryRows>(sql, [...values, known.lastSeq, known.version]);
  if (first === undefined) return { done: null, history: known };
  const header = JSON.parse(first[4]) as HistoryHeader<Done>;
  const history = known.renewed(header, messages);
  histories.set(chatId, history);
  return { done: header.done, history };
}

/** The messages up to a sequence number; reads them again where the snapshot was older than the last writer's messages. */
export async function historyUpTo(
  database: KindDatabase,
  chatId: string,
  lastSeq: number,
  history: StoredHistory,
): Promise<readonly HistoryMessage[]> {
  const known = history.upTo(lastSeq);
  if ((known.at(-1)?.seq ?? -1) === lastSeq) return known;
  const latest = await resend(() => withHistory<null>(database, historySql, chatId, [chatId]));
  return latest.history.upTo(lastSeq);
}
