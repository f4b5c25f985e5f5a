import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type FinishRun, type RetryAttempt } from '../../runs/run-store.interface.js';
import { attemptValues } from './attempt-values.js';
import { endValues } from './end-values.js';
import { type FinishRow, finishStatement, retryStatement } from './finish.statements.js';
import { type KindTables } from './kind-tables.js';
import { type LostRuns } from './lost-runs.js';
import { resend, RUN_PATIENCE_MS } from './resend.js';
import { type SqlClient } from './sql-client.js';
import { storedAnswer } from './stored-answer.js';

/** Ends and parks runs: one round trip, and others only where the run is no longer ours or the connection was lost. */
export class RunFinishing {
  private readonly end;
  private readonly next;

  constructor(
    private readonly client: SqlClient,
    tables: KindTables,
    private readonly lost: LostRuns,
  ) {
    this.end = finishStatement(tables);
    this.next = retryStatement(tables);
  }

  async finish(run: FinishRun): Promise<MessageRecord | null> {
    const values = [...endValues(run), ...attemptValues(run.attempt)];
    return resend(() => this.finishOnce(run, values), RUN_PATIENCE_MS);
  }

  private async finishOnce(run: FinishRun, values: unknown[]): Promise<MessageRecord | null> {
    const [row] = await this.client.rows<FinishRow>(this.end, values);
    if (row?.owned !== 1) return this.unowned(run);
    if (run.answer && row.seq === null) throw new ChatNotFoundError(run.chatId);
    return storedAnswer(run, row.seq);
  }

  async retry({ endedId, ended, nextId, nextNumber }: RetryAttempt): Promise<void> {
    const values = [...attemptValues({ id: endedId, outcome: ended }), nextId, nextNumber];
    await resend(() => this.client.rows(this.next, values), RUN_PATIENCE_MS);
  }

  /** The run has ended already: by an earlier try of this very end, by a takeover, or with its chat. */
  private async unowned(run: FinishRun): Promise<MessageRecord | null> {
    const stored = await this.lost.find(run.runId);
    const isOurs =
      stored?.fence === run.fence &&
      stored.status === run.status &&
      stored.answer_message_id === (run.answer?.id ?? null);
    if (isOurs) return storedAnswer(run, stored.seq);
    throw await this.lost.error(run, run.attempt);
  }
}
