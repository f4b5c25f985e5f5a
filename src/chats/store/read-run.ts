import { validate as isUuid } from 'uuid';
import { RunNotFoundError } from '../../errors/run.errors.js';
import { type MessageRecord, type Usage } from '../../messages/message.interface.js';
import { noUsage } from '../../messages/usage.js';
import { type RunListOptions, type RunRecord } from '../../runs/run-record.interface.js';
import { type StoredRun } from '../../runs/stored-run.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { readLastMessage } from './read-chat.js';
import { usageOfRun } from './read-usage.js';
import { resend } from './resend.js';

/** A row of a run; times are those of the driver. */
type RunRow = Omit<RunRecord, 'createdAt' | 'startedAt' | 'finishedAt'> &
  Record<'createdAt', Date> &
  Record<'startedAt' | 'finishedAt', Date | null>;

/** A run with what it has said; times within JSON are texts of PostgreSQL. */
interface StoredRunRow extends RunRow {
  lastEventIndex: number | null;
  messages: MessageRecord[];
  answerUsage: Usage | null;
  userMessageId: string | null;
  openAttemptId: string | null;
}

/** The columns of a run in the row `r`, as a `RunRow`. */
function runColumns(t: KindTables): string {
  const before = `SELECT count(*)::int FROM ${t.runs} q WHERE q.chat_kind = r.chat_kind AND q.chat_id = r.chat_id
     AND q.status = 'queued' AND (q.queue_rank, q.id) <= (r.queue_rank, r.id)`;
  return `r.id, r.chat_id AS "chatId", r.status, r.model, r.answer_message_id AS "answerMessageId", r.error,
       ${usageOfRun(t, 'r.id')} AS usage, CASE WHEN r.status = 'queued' THEN (${before}) END AS position,
       r.created_at AS "createdAt", r.started_at AS "startedAt", r.finished_at AS "finishedAt"`;
}

/** The condition that the run in the row `r` is one of the chat `$2` of the kind `$1`, if that is the owner's `$3`. */
function isRunOf({ chats, isChatOf }: KindTables): string {
  return `r.chat_kind = $1 AND r.chat_id = $2 AND EXISTS (SELECT FROM ${chats} c WHERE ${isChatOf('c', 'r.chat_id', '$3')})`;
}

/** The run `$4` of a chat. */
function storedRunSql(t: KindTables): string {
  const { messages, message, attempts } = t;
  const properties: (keyof MessageRecord)[] = [
    'id',
    'chatId',
    'seq',
    'role',
    'status',
    'text',
    'parts',
    'model',
    'finishReason',
    'finishDetail',
    'runId',
    'createdAt',
  ];
  const record = properties.map((property) => `'${property}', m.${message(property)}`).join(', ');
  const ofRun = `FROM ${messages} m WHERE m.${message('chatId')} = r.chat_id AND m.${message('runId')} = r.id`;
  return `
SELECT ${runColumns(t)}, r.last_event_index AS "lastEventIndex",
       (SELECT coalesce(json_agg(json_build_object(${record}) ORDER BY m.${message('seq')}), '[]') ${ofRun}
           AND m.${message('role')} IN ('assistant', 'tool') AND m.${message('supersededBy')} IS DISTINCT FROM r.id) AS messages,
       (SELECT m.${message('id')} ${ofRun} AND m.${message('role')} = 'user' LIMIT 1) AS "userMessageId",
       (SELECT json_build_object('inputTokens', a.input_tokens, 'outputTokens', a.output_tokens, 'reasoningTokens', a.reasoning_tokens,
                                 'cacheReadTokens', a.cache_read_tokens, 'cacheWriteTokens', a.cache_write_tokens)
          FROM ${attempts} a WHERE a.run_id = r.id AND a.input_tokens IS NOT NULL ORDER BY a.id DESC LIMIT 1) AS "answerUsage",
       (SELECT a.id FROM ${attempts} a WHERE a.run_id = r.id AND a.status = 'pending' ORDER BY a.id DESC LIMIT 1) AS "openAttemptId"
  FROM ${t.runs} r WHERE ${isRunOf(t)} AND r.id = $4`;
}

/**
 * A run and what it has said.
 * @throws ChatNotFoundError, RunNotFoundError
 */
export async function readRun(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  runId: string,
): Promise<StoredRun> {
  const values = [database.kind, chatId, ownerId, runId];
  const [row] = isUuid(runId) ? await resend(() => database.rows<StoredRunRow>(storedRunSql, values)) : [];
  if (row === undefined) {
    await readLastMessage(database, chatId, ownerId);
    throw new RunNotFoundError(chatId, runId);
  }
  const { lastEventIndex, messages, answerUsage, userMessageId, openAttemptId, ...run } = row;
  return {
    record: runRecord(run),
    lastEventIndex,
    messages: messages.map((message) => ({ ...message, createdAt: new Date(message.createdAt).toISOString() })),
    answerUsage: answerUsage ?? noUsage,
    userMessageId,
    openAttemptId,
  };
}

/** The runs of a chat with the status `$4`, if it is not null, before the run `$5`, if it is not null. */
function runsSql(t: KindTables): string {
  return `
SELECT ${runColumns(t)} FROM ${t.runs} r
 WHERE ${isRunOf(t)} AND ($4::text IS NULL OR r.status = $4) AND ($5::uuid IS NULL OR r.id < $5) ORDER BY r.id DESC LIMIT $6`;
}

/**
 * The runs of a chat, newest first.
 * @throws ChatNotFoundError
 */
export async function readRuns(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  { status, cursor, limit }: RunListOptions & { limit: number },
): Promise<RunRecord[]> {
  const values = [database.kind, chatId, ownerId, status ?? null, cursor ?? null, limit];
  const rows = await resend(() => database.rows<RunRow>(runsSql, values));
  if (rows.length === 0) await readLastMessage(database, chatId, ownerId);
  return rows.map(runRecord);
}

/** The active run of a chat, else the first one that is queued. */
function activeOrQueuedSql(t: KindTables): string {
  return `
SELECT r.id, r.status FROM ${t.runs} r
 WHERE ${isRunOf(t)} AND r.status IN ('running', 'awaiting_approval', 'queued')
 ORDER BY r.status = 'queued', r.queue_rank, r.id LIMIT 1`;
}

/** @throws ChatNotFoundError */
export async function readActiveOrQueued(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
): Promise<Pick<RunRecord, 'id' | 'status'> | undefined> {
  const values = [database.kind, chatId, ownerId];
  const [row] = await resend(() => database.rows<Pick<RunRecord, 'id' | 'status'>>(activeOrQueuedSql, values));
  if (row === undefined) await readLastMessage(database, chatId, ownerId);
  return row;
}

function runRecord({ createdAt, startedAt, finishedAt, ...run }: RunRow): RunRecord {
  return {
    ...run,
    createdAt: createdAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}
