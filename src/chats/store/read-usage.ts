import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type Usage } from '../../messages/message.interface.js';
import { type ChatUsage, type ModelUsage, type UsageReport, usageReport } from '../../messages/usage-report.js';
import { type Period } from '../duo-chat-service.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';

const tokenColumns: Record<keyof Usage, string> = {
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  reasoningTokens: 'reasoning_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
};

// A vendor states all kinds of tokens or none; sums are doubles, which the driver reads as numbers.
const totals = [
  'count(a.id)::int AS attempts',
  `count(a.id) FILTER (WHERE a.status = 'pending')::int AS "pendingAttempts"`,
  `count(a.id) FILTER (WHERE a.status = 'unknown' OR a.status = 'succeeded' AND a.input_tokens IS NULL)::int AS "unknownAttempts"`,
  ...Object.entries(tokenColumns).map(([name, column]) => `coalesce(sum(a.${column}), 0)::float8 AS "${name}"`),
].join(', ');

/** What the attempt in a row cost, as JSON; `null` where its vendor did not say. */
export function usageJson(row: string): string {
  const tokens = Object.entries(tokenColumns).map(([name, column]) => `'${name}', ${row}.${column}`);
  return `CASE WHEN ${row}.input_tokens IS NOT NULL THEN json_build_object(${tokens.join(', ')}) END`;
}

/** What the attempts of a run cost, as far as that is known, as JSON. */
export function usageOfRun({ attempts }: KindTables, runId: string): string {
  const tokens = Object.entries(tokenColumns).map(([name, column]) => `'${name}', coalesce(sum(a.${column}), 0)`);
  return `(SELECT json_build_object(${tokens.join(', ')}) FROM ${attempts} a WHERE a.run_id = ${runId})`;
}

/** What a chat of this owner has cost, a row for each model; no row where there is no such chat. */
export function chatUsageSql(t: KindTables): string {
  return `
SELECT a.model, ${totals}
  FROM ${t.chats} c LEFT JOIN ${t.attempts} a ON a.chat_kind = $1 AND a.chat_id = c.${t.chat('id')}
 WHERE ${t.isChatOf('c', '$2', '$3')}
 GROUP BY a.model ORDER BY a.model COLLATE "C"`;
}

/** @throws ChatNotFoundError */
export async function readChatUsage(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
): Promise<ChatUsage> {
  const rows = await database.rows<ModelUsage>(chatUsageSql, [database.kind, chatId, ownerId]);
  if (rows.length === 0) throw new ChatNotFoundError(chatId);
  // A chat without attempts has one row without a model.
  return { chatId, ...usageReport(rows.filter(({ attempts }) => attempts > 0)) };
}

/**
 * What the chats of the owner `$4` have cost from `$2` up to `$3`, a row for each model; deleted chats count, and so do
 * requests that belong to no chat.
 */
export function ownerUsageSql(t: KindTables): string {
  return usageOfOwnerSql(t, '= $4');
}

/** The same of chats without an owner. A statement of its own, since no index serves `IS NOT DISTINCT FROM`. */
export function ownerlessUsageSql(t: KindTables): string {
  return usageOfOwnerSql(t, 'IS NULL');
}

function usageOfOwnerSql({ attempts }: KindTables, isOwners: string): string {
  return `
SELECT a.model, ${totals} FROM ${attempts} a
 WHERE a.owner_id ${isOwners}
   AND a.created_at >= $2::timestamptz AND a.created_at < $3::timestamptz AND (a.chat_kind = $1 OR a.chat_kind IS NULL)
 GROUP BY a.model ORDER BY a.model COLLATE "C"`;
}

export async function readOwnerUsage(
  database: KindDatabase,
  ownerId: string | null,
  { from, to }: Period,
): Promise<UsageReport> {
  const period = [database.kind, from ?? '-infinity', to ?? 'infinity'];
  const rows =
    ownerId === null
      ? await database.rows<ModelUsage>(ownerlessUsageSql, period)
      : await database.rows<ModelUsage>(ownerUsageSql, [...period, ownerId]);
  return usageReport(rows);
}
