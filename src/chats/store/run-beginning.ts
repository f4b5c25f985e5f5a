import { v7 as uuidv7 } from 'uuid';
import { ChatBusyError, ChatNotFoundError } from '../../errors/chat.errors.js';
import { textOf, storable } from '../../messages/text.js';
import { type BeginRun, type BegunRun, type HistoryMessage } from '../../runs/run-store.interface.js';
import { ACTIVE_RUN_INDEX } from '../entities/duo-run.entity.js';
import {
  type BeginRow,
  beginStatement,
  type BegunHeader,
  begunStatement,
  type HistoryRow,
  historyStatement,
} from './begin.statements.js';
import { resend, violatedUnique } from './database-error.js';
import { type KindTables } from './kind-tables.js';
import { type RunRecovery } from './run-recovery.js';
import { type SqlClient } from './sql-client.js';

/** Begins runs: one round trip, and another only when writers met. */
export class RunBeginning {
  private readonly insert;
  private readonly history;
  private readonly begun;

  constructor(
    private readonly client: SqlClient,
    tables: KindTables,
    private readonly kind: string,
    private readonly recovery: RunRecovery,
  ) {
    this.insert = beginStatement(tables);
    this.history = historyStatement(tables);
    this.begun = begunStatement(tables);
  }

  async begin(chatId: string, ownerId: string | null, run: BeginRun): Promise<BegunRun> {
    const system = systemMessage(run.settings.instructions);
    const values = this.values(chatId, ownerId, run, system);
    const [header, ...history] = await this.insertOrRecover(chatId, run.runId, values);
    if (!isHeader(header)) throw new ChatNotFoundError(chatId);
    const { model, params, nextSeq } = header.parts;
    const added = [
      ...(system ? [{ ...system, role: 'system' as const }] : []),
      ...(run.user ? [{ ...run.user, role: 'user' as const }] : []),
    ];
    const firstSeq = nextSeq - added.length;
    return {
      chatId,
      ownerId,
      fence: 0,
      model,
      params,
      history: [
        ...(await this.upTo(chatId, firstSeq - 1, history as HistoryRow[])),
        ...added.map((message, index): HistoryMessage => ({ ...message, seq: firstSeq + index, status: 'complete' })),
      ],
    };
  }

  private async insertOrRecover(chatId: string, runId: string, values: unknown[]): Promise<BeginRow[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await resend(async (isResent) => {
          const stored = isResent ? await this.client.rows<BeginRow>(this.begun, [chatId, runId]) : [];
          return isHeader(stored[0]) ? stored : this.client.rows<BeginRow>(this.insert, values);
        });
      } catch (error) {
        if (violatedUnique(error) !== ACTIVE_RUN_INDEX) throw error;
        const alive = await this.recovery.recover(chatId);
        if (alive !== undefined || tries === 3) throw new ChatBusyError(chatId, alive?.id);
      }
    }
  }

  /** The history in order; read once more where the last writer's messages were not yet in the statement's snapshot. */
  private async upTo(chatId: string, lastSeq: number, history: HistoryRow[]): Promise<HistoryRow[]> {
    const known = history.filter((row) => row.seq <= lastSeq);
    if ((known.at(-1)?.seq ?? -1) === lastSeq) return known;
    return this.client.rows<HistoryRow>(this.history, [chatId, lastSeq]);
  }

  private values(chatId: string, ownerId: string | null, run: BeginRun, system: NewMessage | null): unknown[] {
    const { model, params } = run.settings;
    return [
      chatId,
      ownerId,
      run.runId,
      this.kind,
      run.model,
      run.instanceId,
      model ?? null,
      params === undefined ? null : JSON.stringify(params),
      ...messageValues(system),
      ...messageValues(run.user),
      run.attemptId,
    ];
  }
}

function isHeader(row: BeginRow | undefined): row is { seq: -1; parts: BegunHeader } {
  return row?.seq === -1;
}

type NewMessage = NonNullable<BeginRun['user']>;

function systemMessage(instructions: string | undefined): NewMessage | null {
  return instructions === undefined ? null : { id: uuidv7(), parts: [{ type: 'text', text: storable(instructions) }] };
}

function messageValues(message: NewMessage | null): unknown[] {
  return message ? [message.id, textOf(message.parts), JSON.stringify(message.parts)] : [null, null, null];
}
