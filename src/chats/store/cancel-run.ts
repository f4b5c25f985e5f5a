import { type EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { newId } from '../../messages/new-id.js';
import { RunNotFoundError } from '../../errors/run.errors.js';
import { type Usage } from '../../messages/message.interface.js';
import { noUsage } from '../../messages/usage.js';
import { type ToolCallRecord } from '../../messages/tool-call.interface.js';
import { finalEvents, toolResultEvent } from '../../runs/final-events.js';
import { type RunStatus } from '../../runs/run-event.interface.js';
import { type Cancellation } from '../../runs/run-end.interface.js';
import { type ResultDraft } from '../../runs/run-progress.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { readLastMessage } from './read-chat.js';
import { usageOfRun } from './read-usage.js';
import { CALLER_PATIENCE_MS, resend } from './resend.js';
import { progressValues, saveProgressSql } from './save-progress.js';
import { denial } from '../../turn/planned-call.js';
import { isAbandoned } from './tool-calls.js';

/** A run that no process works, with its row locked. */
interface IdleRun {
  status: RunStatus;
  /** The index of the last event of a parked run. */
  lastEventIndex: number | null;
  usage: Usage;
  fence: number;
}

/** A call of a parked run that never runs. */
type DeniedCall = Pick<ToolCallRecord, 'id' | 'providerCallId' | 'name' | 'reason'>;

/** The run `$4` of the chat `$2` of the kind `$1`, if that is the owner's `$3`: one that works is asked to stop. */
function requestCancelSql(t: KindTables): string {
  const isOfChat = `r.id = $4 AND r.chat_kind = $1 AND r.chat_id = $2
     AND EXISTS (SELECT FROM ${t.chats} c WHERE ${t.isChatOf('c', 'r.chat_id', '$3')})`;
  return `
WITH u AS (
  UPDATE ${t.runs} r SET cancel_requested_at = coalesce(r.cancel_requested_at, now())
   WHERE ${isOfChat} AND r.status = 'running' RETURNING r.status)
SELECT r.status FROM ${t.runs} r WHERE ${isOfChat} AND NOT EXISTS (SELECT FROM u) UNION ALL SELECT status FROM u`;
}

/**
 * Cancels a run wherever it is; nothing happens to one that has ended.
 * @param reason what the calls of a parked run are denied with
 * @throws ChatNotFoundError, RunNotFoundError
 */
export async function cancelRun(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  runId: string,
  reason: string,
): Promise<Cancellation> {
  const values = [database.kind, chatId, ownerId, runId];
  // Between the two looks the run may begin, continue or end.
  for (;;) {
    const [run] = isUuid(runId)
      ? await resend(() => database.rows<Pick<IdleRun, 'status'>>(requestCancelSql, values))
      : [];
    if (run === undefined) {
      await readLastMessage(database, chatId, ownerId);
      throw new RunNotFoundError(chatId, runId);
    }
    const { status } = run;
    if (status === 'running') return { status, hasEnded: false };
    if (status !== 'queued' && status !== 'awaiting_approval') return { status, hasEnded: true };
    if (await cancelIdle(database, chatId, runId, reason)) return { status, hasEnded: true };
  }
}

function idleRunSql(t: KindTables): string {
  return `
SELECT r.status, r.fence, r.last_event_index AS "lastEventIndex", ${usageOfRun(t, 'r.id')} AS usage FROM ${t.runs} r
 WHERE r.id = $1 AND r.status IN ('queued', 'awaiting_approval') FOR NO KEY UPDATE OF r`;
}

/** Ends the run `$1` with the events `$3`; the index of the first one is `$2`. */
function endIdleSql(t: KindTables): string {
  return `
WITH r AS (
  UPDATE ${t.runs} SET status = 'cancelled', finished_at = now(), cancel_requested_at = coalesce(cancel_requested_at, now()),
         last_event_index = $2::int + json_array_length($3::json) - 1 WHERE id = $1),
e AS (INSERT INTO ${t.events} (run_id, first_index, events) SELECT $1, $2, $3::json)
SELECT`;
}

/**
 * Denies the calls of the parked run `$2` of the chat `$1` that have not run, and makes the run one that may store their
 * results.
 */
function denyCallsSql(t: KindTables): string {
  return `
WITH k AS (
  UPDATE ${t.toolCalls} k SET status = 'denied', decided_at = now(), reason = CASE WHEN k.status = 'denied' THEN k.reason ELSE $3 END
    FROM ${t.messages} m, ${t.runs} p, ${t.runs} r
   WHERE p.id = $2 AND r.chat_kind = p.chat_kind AND r.chat_id = p.chat_id AND k.run_id = r.id
     AND m.${t.message('id')} = k.message_id AND m.${t.message('chatId')} = $1
     AND k.result_message_id IS NULL AND k.status IN ('pending', 'approved', 'denied') AND NOT ${isAbandoned(t, 'm')}
  RETURNING k.id, k.provider_call_id, k.name, k.reason, k.ordinal),
r AS (UPDATE ${t.runs} SET status = 'running' WHERE id = $2)
SELECT k.id, k.provider_call_id AS "providerCallId", k.name, k.reason FROM k ORDER BY k.ordinal`;
}

/** Ends a queued or parked run; `false` where it is neither any more. */
function cancelIdle(database: KindDatabase, chatId: string, runId: string, reason: string): Promise<boolean> {
  const { chats, chat } = database.tables;
  const text = (sql: (t: KindTables) => string): string => database.statement(sql).text;
  const denyCalls = async (manager: EntityManager): Promise<ResultDraft[]> => {
    const calls: DeniedCall[] = await manager.query(text(denyCallsSql), [chatId, runId, reason]);
    return calls.map(deniedResult);
  };
  const cancel = async (manager: EntityManager): Promise<boolean> => {
    await manager.query(`SELECT FROM ${chats} t WHERE t.${chat('id')} = $1 FOR NO KEY UPDATE`, [chatId]);
    const [run]: IdleRun[] = await manager.query(text(idleRunSql), [runId]);
    if (run === undefined) return false;
    const { status, usage } = run;
    const isQueued = status === 'queued';
    // That it is queued was its first event.
    const firstIndex = isQueued ? 1 : (run.lastEventIndex ?? -1) + 1;
    const ended = finalEvents({ status: 'cancelled', error: null, answerUsage: noUsage, usage }, null);
    const results: ResultDraft[] = isQueued ? [] : await denyCalls(manager);
    if (results.length > 0) {
      const key = { runId, chatId, fence: run.fence };
      await manager.query(text(saveProgressSql), progressValues({ ...key, results, moved: [], next: null }));
    }
    const events = [...results.map(toolResultEvent), ...ended];
    await manager.query(text(endIdleSql), [runId, firstIndex, JSON.stringify(events)]);
    return true;
  };
  return resend(() => database.transaction(cancel), CALLER_PATIENCE_MS);
}

/** What the model receives of a call that was denied. */
function deniedResult({ id, providerCallId, name, reason }: DeniedCall): ResultDraft {
  return {
    id: newId(),
    toolCallId: id,
    status: 'denied',
    part: { type: 'tool-result', id: providerCallId, name, content: denial(reason), isError: true },
    createdAt: new Date().toISOString(),
  };
}
