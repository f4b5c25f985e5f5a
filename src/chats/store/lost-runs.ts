import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { RunLostError } from '../../errors/run.errors.js';
import { type EndedAttempt, type RunKey } from '../../runs/run-store.interface.js';
import { attemptValues } from './attempt-values.js';
import { attemptStatement, type RunRow, runStatement, unlogStatement } from './finish.statements.js';
import { type KindTables } from './kind-tables.js';
import { type SqlClient } from './sql-client.js';

/** Tells what became of a run that a statement did not find, and tidies up behind it. */
export class LostRuns {
  private readonly run;
  private readonly attempt;
  private readonly unlog;

  constructor(
    private readonly client: SqlClient,
    tables: KindTables,
  ) {
    this.run = runStatement(tables);
    this.attempt = attemptStatement(tables);
    this.unlog = unlogStatement(tables);
  }

  /** Where the run stands; `undefined` when it went with its chat. */
  async find(runId: string): Promise<RunRow | undefined> {
    const [row] = await this.client.rows<RunRow>(this.run, [runId]);
    return row;
  }

  /** Why the run can store nothing any more; what its attempt cost is written down all the same. */
  async error({ runId, chatId }: RunKey, attempt?: EndedAttempt | null): Promise<ChatNotFoundError | RunLostError> {
    const stored = await this.find(runId);
    if (attempt) await this.client.rows(this.attempt, attemptValues(attempt));
    if (stored !== undefined) return new RunLostError(runId);
    await this.client.rows(this.unlog, [runId]);
    return new ChatNotFoundError(chatId);
  }
}
