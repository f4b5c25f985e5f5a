import { v7 as uuidv7 } from 'uuid';
import { toProblem } from '../../errors/problem.js';
import { RunInterruptedError, RunLostError } from '../../errors/run.errors.js';
import { type Usage } from '../../messages/message.interface.js';
import { noUsage } from '../../messages/usage.js';
import { type RunEventBatch } from '../../runs/live-run.js';
import { type PartialAnswer, partialAnswer } from '../../runs/partial-answer.js';
import { type AnswerDraft, type FinishRun, type RunKey, type StoreProgress } from '../../runs/run-store.interface.js';
import { type ActiveRun } from './active-run.js';
import { endRunSql, endValues, type FinishRow } from './finish-run.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { usageOfRun } from './read-usage.js';
import { saveProgress } from './save-progress.js';

/**
 * After a takeover the events of a run continue at the next multiple of this, so that an id which the dead process sent
 * and did not log can be recognised.
 */
const TAKEOVER_STRIDE = 1_000_000;

const MAYBE_DONE =
  'The server died while this tool ran: the call may or may not have taken effect. Check before you call it again.';

/** What a dead run has left. */
interface Leftovers {
  model: string;
  /** The request that its last attempt was made for. */
  requestId: string | null;
  /** The ids of the messages that it has stored. */
  messages: string[];
  /** Its log, in order. */
  log: RunEventBatch[];
  /** What its attempts cost, as far as that is known. */
  usage: Usage;
  /** The calls of tools that had started and have no result. */
  calls: StartedCall[];
}

/** A call that may have taken effect. */
interface StartedCall {
  id: string;
  providerCallId: string;
  name: string;
  idempotent: boolean;
  isDecided: boolean;
}

/**
 * Takes a run over: the last to move the fence owns the run's end. The run gets no instance, so that no lease delays the
 * next recovery if this one is cut short.
 */
function claimRunSql({ runs }: KindTables): string {
  return `
WITH r AS (
  UPDATE ${runs} SET fence = fence + 1, instance_id = NULL WHERE id = $1 AND fence = $2 AND status = 'running' RETURNING fence)
SELECT fence FROM r`;
}

function leftoversSql(t: KindTables): string {
  const { message } = t;
  return `
SELECT r.model,
       (SELECT a.request_id FROM ${t.attempts} a WHERE a.run_id = r.id ORDER BY a.id DESC LIMIT 1) AS "requestId",
       ARRAY(SELECT m.${message('id')} FROM ${t.messages} m
              WHERE m.${message('chatId')} = r.chat_id AND m.${message('runId')} = r.id) AS messages,
       (SELECT coalesce(json_agg(json_build_object('firstIndex', e.first_index, 'events', e.events) ORDER BY e.first_index), '[]')
          FROM ${t.events} e WHERE e.run_id = r.id) AS log,
       ${usageOfRun(t, 'r.id')} AS usage,
       (SELECT coalesce(json_agg(json_build_object('id', c.id, 'providerCallId', c.provider_call_id, 'name', c.name, 'idempotent', c.idempotent,
                                                   'isDecided', c.decided_at IS NOT NULL) ORDER BY c.message_id, c.ordinal), '[]')
          FROM ${t.toolCalls} c WHERE c.run_id = r.id AND c.status = 'running') AS calls
  FROM ${t.runs} r WHERE r.id = $1`;
}

/** Ends a claimed run; what its pending attempts cost stays unknown. */
function interruptRunSql(t: KindTables): string {
  return endRunSql(
    t,
    `UPDATE ${t.attempts} t SET status = 'unknown' FROM f WHERE t.run_id = $2 AND t.status = 'pending'`,
  );
}

/**
 * Ends a chat's active run as interrupted if its process is gone, and keeps the text that it had streamed.
 * @returns whether the chat has no active run any more; if not, the run is alive, or another process is recovering it
 */
export async function recoverRun(database: KindDatabase, chatId: string, run: ActiveRun): Promise<boolean> {
  if (!isDead(database, run)) return false;
  const [claimed] = await database.rows<{ fence: number }>(claimRunSql, [run.id, run.fence]);
  if (claimed === undefined) return false;
  const [leftovers] = await database.rows<Leftovers>(leftoversSql, [run.id]);
  if (leftovers === undefined) return true;
  const key = { runId: run.id, chatId, fence: claimed.fence };
  try {
    const { calls } = leftovers;
    if (calls.length > 0) await saveProgress(database, { ...key, ...settledCalls(calls) });
  } catch (error) {
    if (error instanceof RunLostError) return false;
    throw error;
  }
  const [ended] = await database.rows<FinishRow>(interruptRunSql, endValues(interruptedRun(key, leftovers)));
  if (ended?.owned !== 1) return false;
  logInterruption(database, run, leftovers);
  return true;
}

/** A run of this instance that it no longer holds is one whose end could not be stored. */
function isDead({ owner }: KindDatabase, { id, status, instanceId, isExpired }: ActiveRun): boolean {
  if (status !== 'running') return false;
  return instanceId === owner.instanceId ? !owner.isHeld(id) : isExpired;
}

/** A run that this process gave up is in its log already. */
function logInterruption(
  { owner }: KindDatabase,
  { id: runId, instanceId }: ActiveRun,
  { model, requestId }: Leftovers,
): void {
  if (instanceId === owner.instanceId) return;
  owner.logFailure({ runId, model, requestId }, new RunInterruptedError(runId));
}

/**
 * Makes started calls that are idempotent pending again, and answers the others with an error: whether they have taken
 * effect is for the model, or people, to find out.
 */
function settledCalls(calls: readonly StartedCall[]): Pick<StoreProgress, 'results' | 'moved' | 'next'> {
  const [again, cut] = [calls.filter(({ idempotent }) => idempotent), calls.filter(({ idempotent }) => !idempotent)];
  const createdAt = new Date().toISOString();
  return {
    moved: again.map(({ id, isDecided }) => ({ id, status: isDecided ? 'approved' : 'pending' })),
    results: cut.map(({ id, providerCallId, name }) => ({
      id: uuidv7(),
      toolCallId: id,
      status: 'failed',
      part: { type: 'tool-result', id: providerCallId, name, content: MAYBE_DONE, isError: true },
      createdAt,
    })),
    next: null,
  };
}

function interruptedRun({ runId, chatId, fence }: RunKey, { log, messages, model, usage }: Leftovers): FinishRun {
  const events = log.flatMap((batch) => batch.events);
  const lastIndex = log.at(-1)?.firstIndex ?? 0;
  const firstIndex = (Math.floor(lastIndex / TAKEOVER_STRIDE) + 1) * TAKEOVER_STRIDE;
  return {
    runId,
    chatId,
    fence,
    status: 'interrupted',
    answer: interruptedAnswer(partialAnswer(events, new Set(messages)), model),
    prefixDigest: null,
    attempt: null,
    error: toProblem(new RunInterruptedError(runId)),
    answerUsage: noUsage,
    usage,
    unlogged: { sent: undefined, fresh: { firstIndex, events: [] } },
    supersedes: [],
  };
}

function interruptedAnswer(partial: PartialAnswer | undefined, model: string): AnswerDraft | null {
  if (partial === undefined) return null;
  const { messageId, text } = partial;
  return {
    id: messageId,
    status: 'interrupted',
    text,
    parts: [{ type: 'text', text }],
    model,
    finishReason: null,
    finishDetail: null,
    createdAt: new Date().toISOString(),
  };
}
