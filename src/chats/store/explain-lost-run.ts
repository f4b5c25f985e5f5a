import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { RunLostError } from '../../errors/run.errors.js';
import { type EndedAttempt, type RunKey } from '../../runs/run-progress.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { saveLostAttempt } from './save-attempt.js';

/** Where a run stands. */
export interface RunState {
  status: string;
  fence: number;
  answerMessageId: string | null;
  /** Of the answer. */
  seq: number | null;
}

function runStateSql({ runs, messages, message }: KindTables): string {
  return `
SELECT r.status, r.fence, r.answer_message_id AS "answerMessageId", m.${message('seq')} AS seq
  FROM ${runs} r LEFT JOIN ${messages} m ON m.${message('id')} = r.answer_message_id WHERE r.id = $1`;
}

/** Deletes the log of a run whose chat was deleted while its last events were being written. */
function deleteLogSql({ events }: KindTables): string {
  return `WITH e AS (DELETE FROM ${events} WHERE run_id = $1) SELECT`;
}

/** `undefined` when the run was deleted with its chat. */
export async function readRunState(database: KindDatabase, runId: string): Promise<RunState | undefined> {
  const [row] = await database.rows<RunState>(runStateSql, [runId]);
  return row;
}

/** Why a run can store nothing more; saves what its attempt cost, and deletes what is left of a deleted run. */
export async function explainLostRun(
  database: KindDatabase,
  { runId, chatId }: RunKey,
  attempt: EndedAttempt | null,
): Promise<ChatNotFoundError | RunLostError> {
  const state = await readRunState(database, runId);
  if (attempt) await saveLostAttempt(database, attempt);
  if (state !== undefined) return new RunLostError(runId);
  await database.rows(deleteLogSql, [runId]);
  return new ChatNotFoundError(chatId);
}
