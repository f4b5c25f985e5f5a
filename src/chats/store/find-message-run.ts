import { type EntityManager } from 'typeorm';
import { MessageIdTakenError } from '../../errors/run.errors.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { resend } from './resend.js';

/** The run of the message of the chat `$2` of the kind `$1` with the external id `$3`, which a queued run has not stored yet. */
function messageRunSql(t: KindTables): string {
  const { message } = t;
  return `
SELECT m.${message('runId')} AS "runId" FROM ${t.messages} m
 WHERE m.${message('chatId')} = $2 AND m.${message('externalId')} = $3 AND m.${message('supersededAt')} IS NULL
UNION ALL
SELECT r.id FROM ${t.runs} r
 WHERE r.chat_kind = $1 AND r.chat_id = $2 AND r.status = 'queued' AND r.input -> 'queued' -> 'user' ->> 'externalId' = $3`;
}

/**
 * The id of the run that the message with an external id began, or will begin; `null` where no run did.
 * @param manager the transaction that is to see it, if any
 * @returns `undefined` where the chat has no such message
 */
export async function findMessageRun(
  database: KindDatabase,
  chatId: string,
  externalId: string,
  manager?: EntityManager,
): Promise<string | null | undefined> {
  const values = [database.kind, chatId, externalId];
  const [row]: { runId: string | null }[] = manager
    ? await manager.query(database.statement(messageRunSql).text, values)
    : await resend(() => database.rows<{ runId: string | null }>(messageRunSql, values));
  return row?.runId;
}

/** The error of an ask whose message has the id of another one of the chat. */
export async function messageIdTaken(
  database: KindDatabase,
  chatId: string,
  externalId: string,
): Promise<MessageIdTakenError> {
  return new MessageIdTakenError(externalId, (await findMessageRun(database, chatId, externalId)) ?? null);
}
