import { type KeyedRun } from '../../runs/request-key.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { resend } from './resend.js';

/** The run of the key `$4` of the chat `$2` of the kind `$1`, if the chat is the owner's `$3`. */
function findKeySql({ keys, chats, isChatOf }: KindTables): string {
  return `
SELECT k.run_id AS "runId", k.request_hash AS "requestHash" FROM ${keys} k
 WHERE k.chat_kind = $1 AND k.chat_id = $2 AND k.key = $4
   AND EXISTS (SELECT FROM ${chats} c WHERE ${isChatOf('c', 'k.chat_id', '$3')})`;
}

/** The run of an earlier request with this key. */
export async function findKey(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  key: string,
): Promise<KeyedRun | undefined> {
  const values = [database.kind, chatId, ownerId, key];
  const [row] = await resend(() => database.rows<KeyedRun>(findKeySql, values));
  return row;
}
