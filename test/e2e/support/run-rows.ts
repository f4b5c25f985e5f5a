import { type DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';

/** Reads the rows of a chat's runs as they are in the database. */
export class RunRows {
  constructor(private readonly database: DataSource) {}

  runs(chatId: string): Promise<Record<string, unknown>[]> {
    return this.database.query(
      `SELECT id, status, fence, takeovers, error->>'code' AS code, answer_message_id, last_event_index, finished_at
         FROM duo_runs WHERE chat_id = $1 ORDER BY id`,
      [chatId],
    );
  }

  /** The ledger of a chat, in the order of its attempts. */
  async attempts(chatId: string): Promise<string[]> {
    const rows: { status: string }[] = await this.database.query(
      'SELECT status FROM duo_attempts WHERE chat_id = $1 ORDER BY id',
      [chatId],
    );
    return rows.map(({ status }) => status);
  }

  /** The log of a run with the index of each event. */
  async log(runId: string): Promise<[index: number, event: RunEvent][]> {
    const rows: { first_index: number; events: RunEvent[] }[] = await this.database.query(
      'SELECT first_index, events FROM duo_run_events WHERE run_id = $1 ORDER BY first_index',
      [runId],
    );
    return rows.flatMap(({ first_index, events }) =>
      events.map((event, place): [number, RunEvent] => [first_index + place, event]),
    );
  }

  /** The text that a run's log holds. */
  async loggedText(runId: string): Promise<string> {
    return (await this.log(runId)).map(([, event]) => (event.type === 'text-delta' ? event.text : '')).join('');
  }

  /** Whether the instance that works the run is asked to cancel it. */
  async isCancelRequested(runId: string): Promise<boolean> {
    const rows: unknown[] = await this.database.query(
      'SELECT 1 FROM duo_runs WHERE id = $1 AND cancel_requested_at IS NOT NULL',
      [runId],
    );
    return rows.length > 0;
  }

  /** Whether a statement waits for a row that another transaction holds. */
  async isSomebodyWaiting(): Promise<boolean> {
    const rows: unknown[] = await this.database.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  }

  /** Lets leases last an hour, so that an instance which a busy machine keeps from renewing its own loses no run. */
  async prolongLeases(): Promise<void> {
    await this.database.query(
      `CREATE FUNCTION prolong() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN NEW.expires_at := NEW.expires_at + interval ''1 hour''; RETURN NEW; END'`,
    );
    await this.database.query(
      `CREATE TRIGGER prolong BEFORE INSERT OR UPDATE ON duo_instances
         FOR EACH ROW WHEN (NEW.expires_at > now() + interval '10 seconds') EXECUTE FUNCTION prolong()`,
    );
  }

  /** Gives the chat's run to an instance that is gone, which no heartbeat brings back. */
  async orphan(chatId: string): Promise<void> {
    await this.database.query(`UPDATE duo_runs SET instance_id = $2 WHERE chat_id = $1 AND status = 'running'`, [
      chatId,
      uuidv7(),
    ]);
  }

  /** Ends the lease of the instance that runs the chat's run. */
  async expireLease(chatId: string): Promise<void> {
    await this.database.query(
      `UPDATE duo_instances i SET expires_at = now() - interval '1 second'
         FROM duo_runs r WHERE r.chat_id = $1 AND r.status = 'running' AND i.id = r.instance_id`,
      [chatId],
    );
  }
}
