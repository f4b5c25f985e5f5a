import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { sanitizeText } from '../../messages/text.js';
import {
  type EndedAttempt,
  type RunKey,
  type StoreProgress,
  type StoredToolCall,
  type StoreStep,
} from '../../runs/run-store.interface.js';
import { type NewCall } from '../../turn/turn.interface.js';
import { attemptValues } from './attempt-values.js';
import { violatedUnique } from './database-failure.js';
import { type KindTables } from './kind-tables.js';
import { type LostRuns } from './lost-runs.js';
import { resend, RUN_PATIENCE_MS } from './resend.js';
import { type SqlClient, type Statement } from './sql-client.js';
import {
  type CallValue,
  openCallsStatement,
  progressStatement,
  type StepRow,
  stepStatement,
} from './step.statements.js';

/** Stores what a run does between its begin and its end: one round trip each. */
export class RunStepping {
  private readonly step;
  private readonly progress;
  private readonly open;

  constructor(
    private readonly client: SqlClient,
    tables: KindTables,
    private readonly lost: LostRuns,
  ) {
    this.step = stepStatement(tables);
    this.progress = progressStatement(tables);
    this.open = openCallsStatement(tables);
  }

  openCalls(messageId: string): Promise<StoredToolCall[]> {
    return resend(() => this.client.rows<StoredToolCall>(this.open, [messageId]), RUN_PATIENCE_MS);
  }

  async storeStep({ message, prefixDigest, calls, attempt, supersedes, ...key }: StoreStep): Promise<MessageRecord> {
    const { runId, chatId } = key;
    const [seq] = await this.store(this.step, key, attempt, [
      chatId,
      runId,
      key.fence,
      message.id,
      message.text,
      JSON.stringify(message.parts),
      message.model,
      message.finishReason,
      message.createdAt,
      supersedes,
      JSON.stringify(calls.map(callValue)),
      message.status,
      prefixDigest,
      message.finishDetail && JSON.stringify(message.finishDetail),
      ...attemptValues(attempt),
    ]);
    if (seq === undefined) throw new ChatNotFoundError(chatId);
    return { seq, ...message, chatId, runId, role: 'assistant' };
  }

  async storeProgress({ results, moved, next, ...key }: StoreProgress): Promise<MessageRecord[]> {
    const { runId, chatId } = key;
    const messages = results.map(({ part, ...result }, place) => ({ ...result, place, parts: [part] }));
    const seqs = await this.store(this.progress, key, null, [
      chatId,
      runId,
      key.fence,
      JSON.stringify(messages),
      JSON.stringify(moved),
      next?.id ?? null,
      next?.step ?? null,
      next?.requestId ?? null,
    ]);
    if (seqs.length !== results.length) throw new ChatNotFoundError(chatId);
    return results.map(({ id, part, createdAt }, index) => ({
      id,
      chatId,
      seq: seqs[index] ?? 0,
      role: 'tool',
      status: 'complete',
      text: '',
      parts: [part],
      model: null,
      finishReason: null,
      finishDetail: null,
      runId,
      createdAt,
    }));
  }

  /** An earlier try that was still under way may store its messages just before this one: the next try sees them. */
  private store(
    statement: Statement,
    key: RunKey,
    attempt: EndedAttempt | null,
    values: unknown[],
  ): Promise<StepRow['seqs']> {
    const send = (): Promise<StepRow[]> => this.client.rows<StepRow>(statement, values);
    return resend(async (isResent) => {
      const [row] = await send().catch((error: unknown) => {
        if (isResent && violatedUnique(error) !== undefined) return send();
        throw error;
      });
      if (row?.owned !== 1) throw await this.lost.error(key, attempt);
      return row.seqs;
    }, RUN_PATIENCE_MS);
  }
}

function callValue({ id, ordinal, part, status, needsApproval, isIdempotent }: NewCall): CallValue {
  const [providerCallId, name] = [sanitizeText(part.id), sanitizeText(part.name)];
  return { id, providerCallId, ordinal, name, status, needsApproval, idempotent: isIdempotent };
}
