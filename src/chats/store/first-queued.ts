import { type QueuedRun } from '../../runs/queued-run.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { resend } from './resend.js';

/** The queued run of the chat `$2` of the kind `$1` that begins next, if the chat is the owner's `$3`. */
function firstQueuedSql({ runs, chats, isChatOf }: KindTables): string {
  return `
SELECT r.id, r.tools, r.input FROM ${runs} r
 WHERE r.chat_kind = $1 AND r.chat_id = $2 AND r.status = 'queued'
   AND EXISTS (SELECT FROM ${chats} c WHERE ${isChatOf('c', 'r.chat_id', '$3')})
 ORDER BY r.queue_rank, r.id LIMIT 1`;
}

export async function readFirstQueued(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
): Promise<QueuedRun | undefined> {
  const values = [database.kind, chatId, ownerId];
  const [row] = await resend(() => database.rows<QueuedRun>(firstQueuedSql, values));
  return row;
}
