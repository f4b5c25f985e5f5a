import { newId } from '../../messages/new-id.js';
import { RunLostError } from '../../errors/run.errors.js';
import { type RunEvent } from '../../runs/run-event.interface.js';
import { type RunInput } from '../../runs/run-options.js';
import { type BegunRun } from '../../runs/begin-run.interface.js';
import { type RunKey } from '../../runs/run-progress.interface.js';
import { answerColumns } from './finish-run.js';
import { historyAfter, withHistory } from './history.js';
import { type BegunHeader, headerColumns, headerJson } from './begin-sql.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { ownedResult, ownedRun, saveOwned } from './owned-run.js';
import { type Leftovers, type Standing } from './read-leftovers.js';
import { resend, RUN_PATIENCE_MS } from './resend.js';

/**
 * Stores the half message of a dead process, which the run replaces, the next attempt, and the first events of the run's
 * new life: what the next takeover is to know must not be lost with this process.
 */
function continueRunSql(t: KindTables): string {
  const { chat, message } = t;
  return `
${ownedRun(t)},
c AS (
  UPDATE ${t.chats} t SET ${chat('nextSeq')} = t.${chat('nextSeq')} + 1
    FROM f WHERE t.${chat('id')} = f.chat_id AND $4::uuid IS NOT NULL
     AND NOT EXISTS (SELECT FROM ${t.messages} m WHERE m.${message('id')} = $4)
  RETURNING t.${chat('id')} AS id, t.${chat('nextSeq')} - 1 AS seq),
m AS (
  INSERT INTO ${t.messages} (${answerColumns(t)}, ${message('supersededBy')}, ${message('supersededAt')})
  SELECT $4::uuid, c.id, c.seq, $2, 'assistant', 'interrupted', $5, $6::json, $7, NULL, now(), NULL, NULL, $2, now()
    FROM c RETURNING ${message('seq')} AS seq),
u AS (
  UPDATE ${t.attempts} t SET status = 'unknown' FROM f
   WHERE t.run_id = $2 AND t.status = 'pending' AND t.id IS DISTINCT FROM $8::uuid),
a AS (
  INSERT INTO ${t.attempts} (id, run_id, request_id, chat_kind, chat_id, owner_id, step, number, provider, model, status)
  SELECT $8::uuid, r.id, $11, r.chat_kind, r.chat_id, r.owner_id, $9::int, $10::int, 'gitlab', r.model, 'pending'
    FROM ${t.runs} r, f WHERE r.id = $2 AND $8::uuid IS NOT NULL
  ON CONFLICT (id) DO NOTHING),
e AS (
  INSERT INTO ${t.events} (run_id, first_index, events)
  SELECT $2, $12::int, $13::json FROM f WHERE json_array_length($13::json) > 0 ON CONFLICT DO NOTHING)
${ownedResult(t, 'ARRAY[$4::uuid]')}`;
}

/** The run `$2` of the chat `$1` and its chat, as a begin returns them. */
function begunRunSql(t: KindTables): string {
  return `
WITH h AS (
  SELECT ${headerJson(headerColumns(t, 'r', 'c'))} AS done
    FROM ${t.runs} r JOIN ${t.chats} c ON c.${t.chat('id')} = r.chat_id WHERE r.id = $2 AND r.status = 'running'),
${historyAfter(t, '$3', '$4')}`;
}

/** Where a run continues. */
export interface Continuation {
  key: RunKey;
  ownerId: string | null;
  left: Leftovers;
  standing: Standing;
  /** The index of the first of the events. */
  firstIndex: number;
  events: readonly RunEvent[];
  input: RunInput | null;
}

/**
 * Continues a claimed run: its step begins again, unless calls of tools come first.
 * @throws ChatNotFoundError, RunLostError
 */
export async function continueRun(
  database: KindDatabase,
  { key, ownerId, left, standing, firstIndex, events, input }: Continuation,
): Promise<BegunRun> {
  const { runId, chatId, fence } = key;
  const { open, half } = standing;
  const isAsked = input?.scope === 'generate' && left.told.some(({ message }) => message.role === 'assistant');
  // What is left of it is the end.
  const scope = isAsked ? 'tools' : input?.scope;
  const openCalls = isAsked ? [] : standing.openCalls;
  const isAsking = openCalls.length === 0 && scope !== 'tools';
  const step = open?.step ?? (left.attempts.at(-1)?.step ?? 0) + 1;
  const attemptId = isAsking ? newId() : open?.status === 'pending' ? open.id : null;
  const first: RunEvent[] =
    isAsking && attemptId !== null
      ? [...events, { type: 'message-start', messageId: attemptId, role: 'assistant' }]
      : [...events];
  const { text = '', messageId = null } = half ?? {};
  await saveOwned(database, continueRunSql, key, null, [
    text === '' ? null : messageId,
    text,
    JSON.stringify([{ type: 'text', text }]),
    left.stored.record.model,
    attemptId,
    step,
    (open?.number ?? 0) + 1,
    left.requestId,
    firstIndex,
    JSON.stringify(first),
  ]);
  const { done, history } = await resend(
    () => withHistory<BegunHeader>(database, begunRunSql, chatId, [chatId, runId]),
    RUN_PATIENCE_MS,
  );
  if (done === null) throw new RunLostError(runId);
  const { nextSeq: _next, ...header } = done;
  return {
    runId,
    chatId,
    ownerId,
    fence,
    ...header,
    history: [...history.messages],
    resumed: {
      nextIndex: firstIndex + first.length,
      steps: step - 1,
      spent: left.usage,
      options: scope === undefined ? input : { ...input, scope },
      openCalls,
      events: [],
      messageId: isAsking ? attemptId : null,
      requestId: left.requestId,
      attemptId,
    },
  };
}
