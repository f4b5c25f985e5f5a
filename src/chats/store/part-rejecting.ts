import { type RejectedPart, type RunKey } from '../../runs/run-store.interface.js';

import { type KindTables } from './kind-tables.js';
import { resend } from './resend.js';
import { type SqlClient, type Statement, statement } from './sql-client.js';
import { ownedRun } from './step.statements.js';

/** Marks parts of stored messages that a vendor has refused, so that no request has them again, in any process. */
export class PartRejecting {
  private readonly update;

  constructor(
    private readonly client: SqlClient,
    tables: KindTables,
  ) {
    this.update = rejectStatement(tables);
  }

  async reject({ chatId, runId, fence }: RunKey, rejected: readonly RejectedPart[]): Promise<void> {
    await resend(() => this.client.rows(this.update, [chatId, runId, fence, JSON.stringify(rejected)]));
  }
}

/**
 * Puts each part in its place, unless the fence of the run has moved or the host has put another part there. The texts of the
 * other parts stay as they are, to the letter.
 */
function rejectStatement(t: KindTables): Statement {
  const { message } = t;
  const field = (name: string): string =>
    `(x.part -> '${name}')::text IS NOT DISTINCT FROM (p.value -> '${name}')::text`;
  return statement(`
${ownedRun(t)},
x AS MATERIALIZED (SELECT x.* FROM f, json_to_recordset($4::json) AS x ("messageId" uuid, index int, part json))
UPDATE ${t.messages} t SET ${message('parts')} = (
  SELECT ('[' || string_agg(coalesce(x.part, p.value)::text, ',' ORDER BY p.ordinality) || ']')::json
    FROM json_array_elements(t.${message('parts')}) WITH ORDINALITY AS p (value, ordinality)
    LEFT JOIN x ON x."messageId" = t.${message('id')} AND x.index = p.ordinality - 1 AND ${field('type')} AND ${field('data')})
 WHERE t.${message('chatId')} = $1 AND t.${message('id')} IN (SELECT "messageId" FROM x)`);
}
