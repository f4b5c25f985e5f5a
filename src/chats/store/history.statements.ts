import { type FinishReason, type MessageStatus, type Role } from '../../messages/message.interface.js';
import { type KindTables } from './kind-tables.js';
import { type Statement, statement } from './sql-client.js';

/** The rows of a history: its header, unless there is nothing to tell, and the messages in order. */
export type HistoryRows = [HeaderRow?, ...MessageRow[]];

/** `header` and `parts` are JSON. */
export type HeaderRow = [seq: -1, id: null, role: null, status: null, header: string, finishReason: null, digest: null];

export type MessageRow = [
  seq: number,
  id: string,
  role: Role,
  status: MessageStatus,
  parts: string,
  finishReason: FinishReason | null,
  prefixDigest: string | null,
];

/** What comes before the messages. */
export interface HistoryHeader<Begun> {
  begun: Begun;
  /** The messages follow from behind this one: the last known one, or `-1` where what is known no longer holds. */
  after: number;
  /** Stands for the very rows that the history is made of; `null` for none. */
  version: string | null;
}

/**
 * The end of a statement that returns the history of the chat `$1`, but for the messages that the caller knows: those up
 * to the parameter `after`, if they still add up to the parameter `version`. It follows a CTE `h`, whose only row has
 * the column `begun`.
 *
 * Each version of a row has a pair of `id` and `xmin` of its own, so whatever was changed, replaced, added or deleted
 * changes the sum of their hashes: by whom, by which statement and in which order transactions ended is no matter.
 */
export function historyBehind(t: KindTables, after: string, version: string): string {
  const { message } = t;
  const listed = (...properties: string[]): string => properties.map((property) => `m.${message(property)}`).join(', ');
  const live = `FROM ${t.messages} m WHERE m.${message('chatId')} = $1 AND m.${message('supersededBy')} IS NULL`;
  return `
v AS MATERIALIZED (
  SELECT CASE WHEN sum(version) FILTER (WHERE seq <= ${after}::int) IS NOT DISTINCT FROM ${version}::numeric
              THEN ${after}::int ELSE -1 END AS after, sum(version)::text AS version
    FROM (SELECT m.${message('seq')} AS seq, uuid_hash_extended(m.${message('id')}, m.xmin::text::bigint) AS version ${live} OFFSET 0) m)
SELECT -1 AS seq, NULL::uuid, NULL, NULL, json_build_object('begun', h.begun, 'after', v.after, 'version', v.version)::text, NULL, NULL
  FROM h, v
UNION ALL
(SELECT ${listed('seq', 'id', 'role', 'status')}, m.${message('parts')}::text, ${listed('finishReason', 'prefixDigest')} ${live}
    AND m.${message('seq')} > (SELECT after FROM v) AND EXISTS (SELECT FROM h))
ORDER BY seq`;
}

/** The history of the chat `$1` by itself. */
export function historyStatement(t: KindTables): Statement {
  return statement(`WITH h AS (SELECT NULL::json AS begun),${historyBehind(t, '$2', '$3')}`);
}
