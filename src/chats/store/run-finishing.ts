import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { RunLostError } from '../../errors/run.errors.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type FinishRun, type RetryAttempt } from '../../runs/run-store.interface.js';
import { attemptValues } from './attempt-values.js';
import { resend, UNTIL_STORED } from './database-error.js';
import {
  type FinishRow,
  type RunRow,
  attemptStatement,
  finishStatement,
  retryStatement,
  runStatement,
} from './finish.statements.js';
import { type KindTables } from './kind-tables.js';
import { type SqlClient } from './sql-client.js';

/** Ends runs: one round trip, and others only where the run is no longer ours or the connection was lost. */
export class RunFinishing {
  private readonly end;
  private readonly run;
  private readonly attempt;
  private readonly next;

  constructor(
    private readonly client: SqlClient,
    tables: KindTables,
  ) {
    this.end = finishStatement(tables);
    this.run = runStatement(tables);
    this.attempt = attemptStatement(tables);
    this.next = retryStatement(tables);
  }

  async finish(run: FinishRun): Promise<MessageRecord | null> {
    const [row] = await resend(() => this.client.rows<FinishRow>(this.end, finishValues(run)), UNTIL_STORED);
    if (row?.owned !== 1) return this.unowned(run);
    if (run.answer && row.seq === null) throw new ChatNotFoundError(run.chatId);
    return record(run, row.seq);
  }

  async retry({ endedId, ended, nextId, nextNumber }: RetryAttempt): Promise<void> {
    const values = [...attemptValues(endedId, ended), nextId, nextNumber];
    await resend(() => this.client.rows(this.next, values));
  }

  /** The run has ended already: by an earlier try of this very end, by a takeover, or with its chat. */
  private async unowned(run: FinishRun): Promise<MessageRecord | null> {
    const [stored] = await this.client.rows<RunRow>(this.run, [run.runId]);
    const isOurs =
      stored?.fence === run.fence &&
      stored.status === run.status &&
      stored.answer_message_id === (run.answer?.id ?? null);
    if (isOurs) return record(run, stored.seq);
    await this.client.rows(this.attempt, attemptValues(run.attemptId, run.attempt));
    throw stored === undefined ? new ChatNotFoundError(run.chatId) : new RunLostError(run.runId);
  }
}

function finishValues(run: FinishRun): unknown[] {
  const { answer } = run;
  return [
    run.chatId,
    run.runId,
    run.fence,
    run.status,
    answer?.id ?? null,
    answer?.status ?? null,
    answer?.text ?? null,
    answer ? JSON.stringify(answer.parts) : null,
    answer?.model ?? null,
    answer?.finishReason ?? null,
    answer?.createdAt ?? null,
    run.error && JSON.stringify(run.error),
    run.supersedes,
    ...attemptValues(run.attemptId, run.attempt),
  ];
}

function record(run: FinishRun, seq: number | null): MessageRecord | null {
  if (run.answer === null || seq === null) return null;
  return { ...run.answer, chatId: run.chatId, runId: run.runId, seq, role: 'assistant' };
}
