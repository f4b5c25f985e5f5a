import { type EntityManager } from 'typeorm';
import { QueueFullError } from '../../errors/chat.errors.js';
import { KeyTakenError, MessageIdTakenError, TooManyRunsError } from '../../errors/run.errors.js';
import { type Enqueued, type EnqueueRun } from '../../runs/queued-run.interface.js';
import { type RunEvent } from '../../runs/run-event.interface.js';
import { isPassing, violatedTable } from './database-failure.js';
import { findMessageRun } from './find-message-run.js';
import { ownerRuns } from './insert-run.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { lockChat } from './read-chat.js';
import { CALLER_PATIENCE_MS, resend } from './resend.js';

/** Where a chat stands before a run is queued. */
interface QueueState {
  /** How many runs the chat queues. */
  queued: number;
  /** The rank of the first of them. */
  firstRank: number | null;
  activeRunId: string | null;
  /** How many running and queued runs the owner has. */
  ownerRuns: number;
  /** The place that an earlier try of the same enqueue was given. */
  position: number | null;
}

/** The queue of the chat `$2` of the kind `$1`, whose row is locked. */
function queueStateSql(t: KindTables): string {
  const ofChat = 'r.chat_kind = $1 AND r.chat_id = $2';
  return `
SELECT (SELECT count(*)::int FROM ${t.runs} r WHERE ${ofChat} AND r.status = 'queued') AS queued,
       (SELECT min(r.queue_rank) FROM ${t.runs} r WHERE ${ofChat} AND r.status = 'queued') AS "firstRank",
       (SELECT r.id FROM ${t.runs} r WHERE ${ofChat} AND r.status IN ('running', 'awaiting_approval')) AS "activeRunId",
       ${ownerRuns(t, '$3::text', '$4::int')}::int AS "ownerRuns",
       (SELECT (e.events -> 0 ->> 'position')::int FROM ${t.events} e WHERE e.run_id = $5 AND e.first_index = 0) AS position`;
}

/** Stores a queued run with its key, and the event that says so. */
function enqueueRunSql(t: KindTables): string {
  return `
WITH r AS (
  INSERT INTO ${t.runs} (id, chat_kind, chat_id, owner_id, status, model, tools, input, queue_rank)
  SELECT $3, $1, c.${t.chat('id')}, c.${t.chat('ownerId')}, 'queued', coalesce($4, c.${t.chat('model')}), $5::json, $6::json, $7
    FROM ${t.chats} c WHERE c.${t.chat('id')} = $2),
k AS (
  INSERT INTO ${t.keys} (chat_kind, chat_id, key, request_hash, run_id)
  SELECT $1, $2, $8::text, $9::text, $3 WHERE $8::text IS NOT NULL),
e AS (INSERT INTO ${t.events} (run_id, first_index, events) SELECT $3, 0, $10::json)
SELECT`;
}

/**
 * Queues a run, also where the connection was lost before the first try's answer came.
 * @throws ChatNotFoundError, QueueFullError, TooManyRunsError, KeyTakenError, MessageIdTakenError
 */
export async function enqueueRun(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  run: EnqueueRun,
): Promise<Enqueued> {
  const enqueue = (): Promise<Enqueued> =>
    database.transaction(async (manager) => {
      await lockChat(database, chatId, ownerId, manager);
      return enqueueLocked(database, chatId, ownerId, run, manager);
    });
  try {
    return await resend(enqueue, CALLER_PATIENCE_MS, isPassing);
  } catch (error) {
    throw violatedTable(error) === database.tables.keyTable ? new KeyTakenError() : error;
  }
}

async function enqueueLocked(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  run: EnqueueRun,
  manager: EntityManager,
): Promise<Enqueued> {
  const { kind } = database;
  const { runId, requestKey, isFirst } = run;
  const stateValues = [kind, chatId, ownerId, run.maxOwnerRuns, runId];
  const [state]: QueueState[] = await manager.query(database.statement(queueStateSql).text, stateValues);
  if (state === undefined) throw new Error('PostgreSQL returned no row for a SELECT without FROM.');
  const { queued, firstRank, activeRunId, position: known } = state;
  if (known !== null) return { position: known, activeRunId };
  const { user, revision } = run.input.queued ?? {};
  const externalId = revision ? undefined : user?.externalId;
  const taken = externalId === undefined ? undefined : await findMessageRun(database, chatId, externalId, manager);
  if (externalId !== undefined && taken !== undefined) throw new MessageIdTakenError(externalId, taken);
  if (queued >= run.maxQueued && !isFirst) throw new QueueFullError(chatId, run.maxQueued);
  if (ownerId !== null && state.ownerRuns >= run.maxOwnerRuns) throw new TooManyRunsError(run.maxOwnerRuns);
  const position = isFirst ? 1 : queued + 1;
  const event: RunEvent = { type: 'run-queued', runId, chatId, position };
  await manager.query(database.statement(enqueueRunSql).text, [
    kind,
    chatId,
    runId,
    run.model,
    run.tools && JSON.stringify(run.tools),
    JSON.stringify(run.input),
    isFirst ? (firstRank ?? 0) - 1 : 0,
    requestKey?.key ?? null,
    requestKey?.requestHash ?? null,
    JSON.stringify([event]),
  ]);
  return { position, activeRunId };
}
