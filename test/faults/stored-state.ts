import { type Client as DatabaseClient } from 'pg';
import { type Part } from '../../src/messages/part.interface.js';

export interface StoredMessage {
  id: string;
  chatId: string;
  seq: number;
  runId: string | null;
  role: string;
  status: string;
  text: string;
  parts: Part[];
  /** The run whose answer replaced it. */
  supersededBy: string | null;
}

export interface StoredRun {
  id: string;
  chatId: string;
  status: string;
  takeovers: number;
  code: string | null;
  hasStarted: boolean;
}

export interface StoredCall {
  id: string;
  chatId: string;
  runId: string;
  name: string;
  status: string;
}

/** What the database holds once everything is quiet. */
export interface StoredState {
  messages: StoredMessage[];
  runs: Map<string, StoredRun>;
  calls: StoredCall[];
  /** Runs with an attempt that is neither sent nor given up. */
  pendingAttempts: { chatId: string; runId: string }[];
}

export async function readState(database: DatabaseClient): Promise<StoredState> {
  const read = async <Row extends object>(statement: string): Promise<Row[]> =>
    (await database.query<Row>(statement)).rows;
  const runs = await read<StoredRun>(
    `SELECT id, chat_id AS "chatId", status, takeovers, error->>'code' AS code, started_at IS NOT NULL AS "hasStarted"
       FROM duo_runs ORDER BY id`,
  );
  return {
    messages: await read(
      `SELECT id, chat_id AS "chatId", seq, run_id AS "runId", role, status, text, parts, superseded_by AS "supersededBy"
         FROM messages ORDER BY chat_id, seq`,
    ),
    runs: new Map(runs.map((run) => [run.id, run])),
    calls: await read(
      `SELECT c.id, r.chat_id AS "chatId", c.run_id AS "runId", c.name, c.status
         FROM duo_tool_calls c JOIN duo_runs r ON r.id = c.run_id ORDER BY c.id`,
    ),
    pendingAttempts: await read(
      `SELECT chat_id AS "chatId", run_id AS "runId" FROM duo_attempts WHERE status = 'pending'`,
    ),
  };
}
