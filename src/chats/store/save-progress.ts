import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type StoreProgress } from '../../runs/run-progress.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { ownedResult, ownedRun, saveOwned } from './owned-run.js';

/** Stores results of calls, each as a message of its own, new states of other calls, and the next step's attempt. */
export function saveProgressSql(t: KindTables): string {
  const { chat, message } = t;
  const columns = ['id', 'chatId', 'seq', 'runId', 'role', 'text', 'parts', 'createdAt'];
  return `
${ownedRun(t)},
n AS MATERIALIZED (
  SELECT x.*, (row_number() OVER (ORDER BY x.place) - 1)::int AS nth
    FROM f, json_to_recordset($4::json) AS x
         (place int, id uuid, "toolCallId" uuid, status text, parts json, "createdAt" timestamptz)
   WHERE NOT EXISTS (SELECT FROM ${t.messages} m WHERE m.${message('id')} = x.id)),
z AS (SELECT count(*)::int AS size FROM n),
c AS (
  UPDATE ${t.chats} t SET ${chat('nextSeq')} = t.${chat('nextSeq')} + z.size, ${chat('updatedAt')} = now()
    FROM f, z WHERE t.${chat('id')} = f.chat_id AND z.size > 0
  RETURNING t.${chat('id')} AS id, t.${chat('nextSeq')} - z.size AS seq),
m AS (
  INSERT INTO ${t.messages} (${columns.map(message).join(', ')})
  SELECT n.id, c.id, c.seq + n.nth, $2, 'tool', '', n.parts, n."createdAt" FROM c, n RETURNING ${message('seq')} AS seq),
k AS (
  UPDATE ${t.toolCalls} t SET status = n.status, result_message_id = n.id FROM c, n WHERE t.id = n."toolCallId"),
v AS (
  UPDATE ${t.toolCalls} t SET status = x.status, run_id = $2 FROM f, json_to_recordset($5::json) AS x (id uuid, status text)
   WHERE t.id = x.id AND t.result_message_id IS NULL),
a AS (
  INSERT INTO ${t.attempts} (id, run_id, request_id, chat_kind, chat_id, owner_id, step, number, provider, model, status)
  SELECT $6::uuid, r.id, $8::text, r.chat_kind, r.chat_id, r.owner_id, $7::int, 1, 'gitlab', r.model, 'pending'
    FROM ${t.runs} r, f WHERE r.id = $2 AND $6::uuid IS NOT NULL
  ON CONFLICT (id) DO NOTHING)
${ownedResult(t, 'ARRAY(SELECT x.id FROM json_to_recordset($4::json) AS x (id uuid))')}`;
}

/** The parameters of `saveProgressSql`. */
export function progressValues({ chatId, runId, fence, results, moved, next }: StoreProgress): unknown[] {
  const messages = results.map(({ part, ...result }, place) => ({ ...result, place, parts: [part] }));
  return [
    chatId,
    runId,
    fence,
    JSON.stringify(messages),
    JSON.stringify(moved),
    next?.id ?? null,
    next?.step ?? null,
    next?.requestId ?? null,
  ];
}

/**
 * @returns the results as stored
 * @throws ChatNotFoundError, RunLostError
 */
export async function saveProgress(
  database: KindDatabase,
  { results, moved, next, ...key }: StoreProgress,
): Promise<MessageRecord[]> {
  const { runId, chatId } = key;
  const [, , , ...values] = progressValues({ ...key, results, moved, next });
  const seqs = await saveOwned(database, saveProgressSql, key, null, values);
  if (seqs.length !== results.length) throw new ChatNotFoundError(chatId);
  return results.map(({ id, part, createdAt }, index) => ({
    id,
    chatId,
    seq: seqs[index] ?? 0,
    role: 'tool',
    status: 'complete',
    text: '',
    parts: [part],
    model: null,
    finishReason: null,
    finishDetail: null,
    runId,
    createdAt,
  }));
}
