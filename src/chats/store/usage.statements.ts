import { type KindTables } from './kind-tables.js';
import { type Statement, statement } from './sql-client.js';

/** What a chat of this owner has cost, a row for each model; no row at all where there is no such chat. */
export function chatUsageStatement(t: KindTables): Statement {
  return statement(`
SELECT a.model, ${totals}
  FROM ${t.chats} c LEFT JOIN ${t.attempts} a ON a.chat_kind = $1 AND a.chat_id = c.${t.chat('id')}
 WHERE ${t.isChatOf('c', '$2', '$3')}
 GROUP BY a.model ORDER BY a.model COLLATE "C"`);
}

/**
 * What an owner's chats have cost from `$2` up to `$3`, a row for each model; deleted chats count. Chats without an owner
 * have a statement of their own, since no index serves `IS NOT DISTINCT FROM`.
 */
export function ownerUsageStatement(t: KindTables, hasOwner: boolean): Statement {
  return statement(`
SELECT a.model, ${totals} FROM ${t.attempts} a
 WHERE a.owner_id ${hasOwner ? '= $4' : 'IS NULL'}
   AND a.created_at >= $2::timestamptz AND a.created_at < $3::timestamptz AND a.chat_kind = $1
 GROUP BY a.model ORDER BY a.model COLLATE "C"`);
}

// The vendors tell all kinds of tokens or none; sums are doubles, which the driver reads as numbers.
const totals = [
  'count(a.id)::int AS attempts',
  `count(a.id) FILTER (WHERE a.status = 'pending')::int AS "pendingAttempts"`,
  `count(a.id) FILTER (WHERE a.status = 'unknown' OR a.status = 'succeeded' AND a.input_tokens IS NULL)::int AS "unknownAttempts"`,
  sum('input_tokens', 'inputTokens'),
  sum('output_tokens', 'outputTokens'),
  sum('reasoning_tokens', 'reasoningTokens'),
  sum('cache_read_tokens', 'cacheReadTokens'),
  sum('cache_write_tokens', 'cacheWriteTokens'),
].join(', ');

function sum(column: string, name: string): string {
  return `coalesce(sum(a.${column}), 0)::float8 AS "${name}"`;
}
