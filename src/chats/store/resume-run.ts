import { ChatBusyError, PendingToolCallsError } from '../../errors/chat.errors.js';
import { KeyTakenError } from '../../errors/run.errors.js';
import { type Usage } from '../../messages/message.interface.js';
import { mergedInput } from '../../runs/run-options.js';
import { type BeginRun, type ResumeState } from '../../runs/begin-run.interface.js';
import { type StoredToolCall } from '../../runs/run-progress.interface.js';
import { type ActiveRun } from './active-run.js';
import { type BegunHeader, headerColumns, headerJson } from './begin-sql.js';
import { violatedTable } from './database-failure.js';
import { historyAfter, type WithHistory, withHistory } from './history.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { usageOfRun } from './read-usage.js';
import { resend } from './resend.js';
import { isAbandoned, openCallColumns } from './tool-calls.js';

/** A parked run that continues. */
export interface ResumedRun {
  runId: string;
  fence: number;
  resumed: ResumeState;
}

/** `fence` is null where the run was not resumed. */
interface ResumedHeader extends BegunHeader {
  fence: number | null;
  lastEventIndex: number;
  steps: number;
  spent: Usage;
  isUndecided: boolean;
  openCalls: StoredToolCall[];
}

/**
 * Resumes the parked run `$2` of the chat `$1`, unless a call still waits for a decision, and stores the key of the
 * request; returns what the run continues with. Safe to send twice: in one instance, one completion at a time resumes the run.
 */
function resumeRunSql(t: KindTables): string {
  const done = headerJson({
    ...headerColumns(t, 'n', 'c'),
    fence: '(SELECT fence FROM r)',
    isUndecided: 'u.is_undecided',
    lastEventIndex: 'coalesce(p.last_event_index, -1)',
    steps: `(SELECT coalesce(max(a.step), 0) FROM ${t.attempts} a WHERE a.run_id = p.id AND a.message_id IS NOT NULL)`,
    spent: usageOfRun(t, 'p.id'),
    openCalls: `(SELECT coalesce(json_agg(${headerJson(openCallColumns('o'))} ORDER BY o.ordinal), '[]') FROM o)`,
  });
  return `
WITH p AS MATERIALIZED (SELECT * FROM ${t.runs} WHERE id = $2),
o AS MATERIALIZED (
  SELECT k.* FROM p JOIN ${t.runs} r ON r.chat_kind = p.chat_kind AND r.chat_id = p.chat_id
    JOIN ${t.toolCalls} k ON k.run_id = r.id JOIN ${t.messages} m ON m.${t.message('id')} = k.message_id
   WHERE k.result_message_id IS NULL AND NOT ${isAbandoned(t, 'm')}),
u AS MATERIALIZED (SELECT EXISTS (SELECT FROM o WHERE o.status = 'pending' AND o.needs_approval) AS is_undecided),
r AS (
  UPDATE ${t.runs} t SET status = 'running', fence = $3 + 1, instance_id = $4, model = coalesce($5, t.model),
         tools = coalesce($6::json, t.tools), input = $7::json
    FROM u
   WHERE t.id = $2 AND NOT u.is_undecided
     AND (t.status = 'awaiting_approval' AND t.fence = $3 OR t.status = 'running' AND t.fence = $3 + 1 AND t.instance_id = $4)
  RETURNING t.fence),
k AS (
  INSERT INTO ${t.keys} (chat_kind, chat_id, key, request_hash, run_id)
  SELECT p.chat_kind, p.chat_id, $8::text, $9::text, p.id FROM p, r
   WHERE $8::text IS NOT NULL AND NOT EXISTS (
     SELECT FROM ${t.keys} k WHERE k.chat_kind = p.chat_kind AND k.chat_id = p.chat_id AND k.key = $8 AND k.run_id = p.id)),
n AS (SELECT coalesce($5, p.model) AS model, coalesce($6::json, p.tools) AS tools FROM p),
h AS (SELECT ${done} AS done FROM p JOIN ${t.chats} c ON c.${t.chat('id')} = p.chat_id, n, u),
${historyAfter(t, '$10', '$11')}`;
}

/**
 * Resumes a parked run once all of its calls are decided.
 * @throws PendingToolCallsError for an ask, or while calls wait for a decision; ChatBusyError when another completion has
 *   resumed the run, KeyTakenError
 */
export async function resumeRun(
  database: KindDatabase,
  chatId: string,
  parked: ActiveRun,
  run: BeginRun,
): Promise<WithHistory<BegunHeader> & { resumed: ResumedRun }> {
  const { id: runId } = parked;
  if (run.user !== null || run.revision) throw new PendingToolCallsError(chatId);
  if (!run.claim(runId)) throw new ChatBusyError(chatId, runId);
  const options = mergedInput(parked.input, run.options);
  const values = [
    chatId,
    runId,
    parked.fence,
    run.instanceId,
    run.model,
    run.tools && JSON.stringify(run.tools),
    options && JSON.stringify(options),
    run.requestKey?.key ?? null,
    run.requestKey?.requestHash ?? null,
  ];
  const send = (): Promise<WithHistory<ResumedHeader>> => withHistory(database, resumeRunSql, chatId, values);
  const { done, history } = await resend(async (isResent) => {
    try {
      return await send();
    } catch (error) {
      if (violatedTable(error) !== database.tables.keyTable) throw error;
      // An earlier try, still under way, may have stored the key just before this one: the next try sees it.
      if (isResent) return send();
      throw new KeyTakenError();
    }
  });
  if (done?.isUndecided) throw new PendingToolCallsError(chatId);
  if (done?.fence == null) throw new ChatBusyError(chatId, runId);
  const { fence, lastEventIndex, steps, spent, openCalls, isUndecided: _decided, ...header } = done;
  const resumed = { runId, fence, resumed: { nextIndex: lastEventIndex + 1, steps, spent, options, openCalls } };
  return { done: header, history, resumed };
}
