import { type RejectedPart, type RunKey } from '../../runs/run-progress.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { ownedRun } from './owned-run.js';
import { resend } from './resend.js';

/**
 * Replaces parts of messages, unless the fence of the run has moved or the host has changed the part meanwhile. The JSON
 * of the other parts stays as it is, byte for byte.
 */
function rejectPartsSql(t: KindTables): string {
  const { message } = t;
  const isSame = (name: string): string =>
    `(x.part -> '${name}')::text IS NOT DISTINCT FROM (p.value -> '${name}')::text`;
  return `
${ownedRun(t)},
x AS MATERIALIZED (SELECT x.* FROM f, json_to_recordset($4::json) AS x ("messageId" uuid, index int, part json))
UPDATE ${t.messages} t SET ${message('parts')} = (
  SELECT ('[' || string_agg(coalesce(x.part, p.value)::text, ',' ORDER BY p.ordinality) || ']')::json
    FROM json_array_elements(t.${message('parts')}) WITH ORDINALITY AS p (value, ordinality)
    LEFT JOIN x ON x."messageId" = t.${message('id')} AND x.index = p.ordinality - 1 AND ${isSame('type')} AND ${isSame('data')})
 WHERE t.${message('chatId')} = $1 AND t.${message('id')} IN (SELECT "messageId" FROM x)`;
}

/** Marks parts of stored messages that a vendor has rejected, so that no later request contains them, in any process. */
export async function rejectParts(
  database: KindDatabase,
  { chatId, runId, fence }: RunKey,
  rejected: readonly RejectedPart[],
): Promise<void> {
  await resend(() => database.rows(rejectPartsSql, [chatId, runId, fence, JSON.stringify(rejected)]));
}
