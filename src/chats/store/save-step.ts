import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { sanitizeText } from '../../messages/text.js';
import { type StoreStep } from '../../runs/run-progress.interface.js';
import { type NewCall } from '../../turn/turn.interface.js';
import { answerColumns } from './finish-run.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { ownedResult, ownedRun, saveOwned } from './owned-run.js';
import { attemptValues, endAttempt } from './save-attempt.js';

/** Stores a message in the middle of a run, with its calls, and the end of its attempt. */
function saveStepSql(t: KindTables): string {
  const { chat, message } = t;
  return `
${ownedRun(t)},
n AS (SELECT f.chat_id FROM f WHERE NOT EXISTS (SELECT FROM ${t.messages} m WHERE m.${message('id')} = $4)),
c AS (
  UPDATE ${t.chats} t SET ${chat('nextSeq')} = t.${chat('nextSeq')} + 1, ${chat('updatedAt')} = now()
    FROM n WHERE t.${chat('id')} = n.chat_id RETURNING t.${chat('id')} AS id, t.${chat('nextSeq')} - 1 AS seq),
m AS (
  INSERT INTO ${t.messages} (${answerColumns(t)})
  SELECT $4, c.id, c.seq, $2, 'assistant', $12, $5, $6::json, $7, $8, $9::timestamptz, $13, $14::json FROM c RETURNING ${message('seq')} AS seq),
o AS (
  UPDATE ${t.messages} t SET ${message('supersededBy')} = $2, ${message('supersededAt')} = now() FROM c
   WHERE t.${message('chatId')} = c.id AND t.${message('id')} = ANY($10::uuid[])),
k AS (
  INSERT INTO ${t.toolCalls} (id, run_id, message_id, provider_call_id, ordinal, name, status, needs_approval, idempotent)
  SELECT x.id, $2, $4, x."providerCallId", x.ordinal, x.name, x.status, x."needsApproval", x.idempotent
    FROM c, json_to_recordset($11::json) AS x
         (id uuid, "providerCallId" text, ordinal int, name text, status text, "needsApproval" boolean, idempotent boolean)),
a AS (${endAttempt(t, 15)}, message_id = $4 FROM f WHERE t.id = $15)
${ownedResult(t, 'ARRAY[$4::uuid]')}`;
}

/** @throws ChatNotFoundError, RunLostError */
export async function saveStep(
  database: KindDatabase,
  { message, prefixDigest, calls, attempt, supersedes, ...key }: StoreStep,
): Promise<MessageRecord> {
  const { runId, chatId } = key;
  const [seq] = await saveOwned(database, saveStepSql, key, attempt, [
    message.id,
    message.text,
    JSON.stringify(message.parts),
    message.model,
    message.finishReason,
    message.createdAt,
    supersedes,
    JSON.stringify(calls.map(callValue)),
    message.status,
    prefixDigest,
    message.finishDetail && JSON.stringify(message.finishDetail),
    ...attemptValues(attempt),
  ]);
  if (seq === undefined) throw new ChatNotFoundError(chatId);
  return { seq, ...message, chatId, runId, role: 'assistant' };
}

/** A call as the statement takes it. */
function callValue({ id, ordinal, part, status, needsApproval, isIdempotent }: NewCall): object {
  const [providerCallId, name] = [sanitizeText(part.id), sanitizeText(part.name)];
  return { id, providerCallId, ordinal, name, status, needsApproval, idempotent: isIdempotent };
}
