import { type Usage } from '../../messages/message.interface.js';
import { noUsage } from '../../messages/usage.js';
import { type RunEventBatch } from '../../runs/live-run.js';
import { type ToldMessage } from '../../runs/missed-events.js';
import { type PartialAnswer, partialAnswer } from '../../runs/partial-answer.js';
import { type StoredToolCall } from '../../runs/run-progress.interface.js';
import { type StoredRun } from '../../runs/stored-run.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { readRun } from './read-run.js';
import { usageJson, usageOfRun } from './read-usage.js';
import { resend, RUN_PATIENCE_MS } from './resend.js';
import { readOpenCalls } from './tool-calls.js';

/** A request to the model as the ledger has it. */
export interface LeftAttempt {
  id: string;
  step: number;
  number: number;
  status: string;
  /** The message that was stored of it. */
  messageId: string | null;
  usage: Usage | null;
}

/** A call of a tool that the run works. */
export interface LeftCall {
  id: string;
  providerCallId: string;
  name: string;
  status: string;
  idempotent: boolean;
  isDecided: boolean;
  resultMessageId: string | null;
}

interface LeftoversRow {
  requestId: string | null;
  /** The ids of all messages that it has stored. */
  messageIds: string[];
  /** The last message of the assistant in the chat. */
  lastMessageId: string | null;
  /** In order. */
  log: RunEventBatch[];
  /** In order. */
  attempts: LeftAttempt[];
  calls: LeftCall[];
  /** What its attempts cost, as far as that is known. */
  usage: Usage;
}

/** What a run has left that lost its instance. */
export interface Leftovers extends LeftoversRow {
  stored: StoredRun;
  told: ToldMessage[];
}

function leftoversSql(t: KindTables): string {
  const { message } = t;
  const ofChat = `FROM ${t.messages} m WHERE m.${message('chatId')} = r.chat_id`;
  return `
WITH r AS MATERIALIZED (
  SELECT r.id, r.chat_id,
         (SELECT m.${message('id')} ${ofChat} AND m.${message('role')} = 'assistant' AND ${t.isLive('m')}
           ORDER BY m.${message('seq')} DESC LIMIT 1) AS last_message_id
    FROM ${t.runs} r WHERE r.id = $1)
SELECT (SELECT a.request_id FROM ${t.attempts} a WHERE a.run_id = r.id ORDER BY a.id DESC LIMIT 1) AS "requestId",
       ARRAY(SELECT m.${message('id')} ${ofChat} AND m.${message('runId')} = r.id) AS "messageIds",
       r.last_message_id AS "lastMessageId", ${usageOfRun(t, 'r.id')} AS usage,
       (SELECT coalesce(json_agg(json_build_object('firstIndex', e.first_index, 'events', e.events) ORDER BY e.first_index), '[]')
          FROM ${t.events} e WHERE e.run_id = r.id) AS log,
       (SELECT coalesce(json_agg(json_build_object('id', a.id, 'step', a.step, 'number', a.number, 'status', a.status,
                                                   'messageId', a.message_id, 'usage', ${usageJson('a')})
                                 ORDER BY a.step, a.created_at, a.number), '[]')
          FROM ${t.attempts} a WHERE a.run_id = r.id) AS attempts,
       (SELECT coalesce(json_agg(json_build_object('id', c.id, 'providerCallId', c.provider_call_id, 'name', c.name, 'status', c.status,
                                                   'idempotent', c.idempotent, 'isDecided', c.decided_at IS NOT NULL,
                                                   'resultMessageId', c.result_message_id)
                                 ORDER BY c.message_id, c.ordinal), '[]')
          FROM ${t.toolCalls} c WHERE c.run_id = r.id OR c.message_id = r.last_message_id) AS calls
  FROM r`;
}

/** @throws ChatNotFoundError, RunNotFoundError */
export async function readLeftovers(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  runId: string,
): Promise<Leftovers> {
  const stored = await readRun(database, chatId, ownerId, runId);
  const [row] = await resend(() => database.rows<LeftoversRow>(leftoversSql, [runId]), RUN_PATIENCE_MS);
  if (row === undefined) throw new Error(`Run ${runId} is gone.`);
  const { attempts, calls } = row;
  const told = stored.messages.map((message): ToldMessage => ({
    message,
    usage: attempts.find(({ messageId }) => messageId === message.id)?.usage ?? noUsage,
    toolCallId: calls.find(({ resultMessageId }) => resultMessageId === message.id)?.id ?? null,
  }));
  return { ...row, stored, told };
}

/** Where a run stands that is to continue. */
export interface Standing {
  /** The calls of its last message that have no result. */
  openCalls: StoredToolCall[];
  /** Its last attempt, where no message was stored of that. */
  open: LeftAttempt | undefined;
  /** The message that was under way, with its text as far as that was logged. */
  half: PartialAnswer | undefined;
}

/** Finds out what a run was doing, once its calls are settled. */
export async function readStanding(database: KindDatabase, left: Leftovers): Promise<Standing> {
  const { lastMessageId, attempts } = left;
  const openCalls = lastMessageId === null ? [] : await readOpenCalls(database, lastMessageId);
  const last = attempts.at(-1);
  const open = last?.messageId === null ? last : undefined;
  // The attempt that is open while tools run was not sent yet.
  return { openCalls, open, half: open && openCalls.length === 0 ? halfMessage(left, open.step) : undefined };
}

/** A message has the id of the first attempt that its process made for it; a takeover logs where that begins. */
function halfMessage({ attempts, log, messageIds }: Leftovers, step: number): PartialAnswer | undefined {
  const events = log.flatMap((batch) => batch.events);
  const ids = attempts.flatMap((attempt) => (attempt.step === step ? [attempt.id] : []));
  const started = events.findLast((event) => event.type === 'message-start' && ids.includes(event.messageId));
  const messageId = started?.type === 'message-start' ? started.messageId : ids[0];
  if (messageId === undefined) return undefined;
  const partial = partialAnswer(events, new Set(messageIds));
  return { messageId, text: partial?.messageId === messageId ? partial.text : '' };
}
