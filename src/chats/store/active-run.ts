import { type RunInput } from '../../runs/run-options.js';
import { type RunStatus } from '../../runs/run-event.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';

/** The run of a chat that works, or is parked. */
export interface ActiveRun {
  id: string;
  fence: number;
  status: RunStatus;
  /** `null` where it is parked, or was claimed. */
  instanceId: string | null;
  input: RunInput | null;
  /** Whether the lease of its instance has run out, by the database's clock. */
  isExpired: boolean;
}

/** The active run of a chat as JSON; `null` where it has none. */
export function activeRunJson(t: KindTables, kind: string, chatId: string): string {
  return `(
    SELECT json_build_object('id', r.id, 'fence', r.fence, 'status', r.status, 'instanceId', r.instance_id, 'input', r.input,
                             'isExpired', i.expires_at IS NULL OR i.expires_at < clock_timestamp())
      FROM ${t.runs} r LEFT JOIN ${t.instances} i ON i.id = r.instance_id
     WHERE r.chat_kind = ${kind} AND r.chat_id = ${chatId} AND r.status IN ('running', 'awaiting_approval'))`;
}

function activeRunSql(t: KindTables): string {
  return `SELECT ${activeRunJson(t, '$1', '$2')} AS active`;
}

export async function readActiveRun(database: KindDatabase, chatId: string): Promise<ActiveRun | undefined> {
  const [row] = await database.rows<{ active: ActiveRun | null }>(activeRunSql, [database.kind, chatId]);
  return row?.active ?? undefined;
}
