import { type DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { type AttemptOutcome } from '../../router/attempt.interface.js';
import { DuoAttempt } from '../entities/duo-attempt.entity.js';
import { guardConnections } from './connection-guard.js';
import { onDatabase } from './database-error.js';
import { tableOf } from './kind-tables.js';
import { resend, RUN_PATIENCE_MS } from './resend.js';
import { attemptValues, endAttempt, retryValues, saveRetrySql } from './save-attempt.js';
import { SqlClient, type Statement, statement } from './sql-client.js';

/** A request that belongs to no chat. */
export interface ChatlessRequest {
  ownerId: string | null;
  requestId: string;
  /** A Duo model id. */
  model: string;
}

/** The ledger of requests that belong to no chat: a row for each attempt, `pending` before it leaves. */
export class RequestLedger {
  private readonly client: SqlClient;
  private readonly insert: Statement;
  private readonly retry: Statement;
  private readonly update: Statement;

  /** @throws ConfigurationError when the data source is not PostgreSQL, or lacks the entity */
  constructor(dataSource: DataSource) {
    this.client = new SqlClient(dataSource);
    guardConnections(dataSource);
    const attempts = tableOf(dataSource, DuoAttempt);
    this.insert = statement(
      `INSERT INTO ${attempts} (id, owner_id, request_id, model, step, number, provider, status) VALUES ($1, $2, $3, $4, 1, 1, 'gitlab', 'pending') ON CONFLICT (id) DO NOTHING`,
    );
    this.retry = statement(saveRetrySql({ attempts }));
    this.update = statement(`${endAttempt({ attempts }, 1)} WHERE t.id = $1`);
  }

  /**
   * Adds the first attempt.
   * @returns its id
   * @throws DatabaseUnavailableError
   */
  async begin({ ownerId, requestId, model }: ChatlessRequest): Promise<string> {
    const id = uuidv7();
    await onDatabase(() => resend(() => this.client.rows(this.insert, [id, ownerId, requestId, model])));
    return id;
  }

  /**
   * Ends an attempt, and adds the next one.
   * @returns the id of the next one
   * @throws DatabaseUnavailableError
   */
  async retrying(endedId: string, ended: AttemptOutcome, nextNumber: number): Promise<string> {
    const nextId = uuidv7();
    const values = retryValues({ endedId, ended, nextId, nextNumber });
    await onDatabase(() => resend(() => this.client.rows(this.retry, values)));
    return nextId;
  }

  /** @throws DatabaseUnavailableError after five minutes */
  async end(id: string, outcome: AttemptOutcome): Promise<void> {
    const values = attemptValues({ id, outcome });
    await onDatabase(() => resend(() => this.client.rows(this.update, values), RUN_PATIENCE_MS));
  }
}
