import { v7 as uuidv7 } from 'uuid';
import { ChatBusyError, ChatNotFoundError } from '../../errors/chat.errors.js';
import { textOf, sanitizeText } from '../../messages/text.js';
import { type BeginRun, type BegunRun, type HistoryMessage } from '../../runs/run-store.interface.js';
import {
  type BegunHeader,
  beginStatement,
  begunStatement,
  type Standing,
  standingStatement,
} from './begin.statements.js';
import { type DatabaseClock } from './database-clock.js';
import { violatedUnique } from './database-failure.js';
import { type Histories } from './history-cache.service.js';
import { type HistoryHeader, type HistoryRows, historyStatement } from './history.statements.js';
import { type KindTables } from './kind-tables.js';
import { type ActiveRunRow } from './recovery.statements.js';
import { resend } from './resend.js';
import { type RunRecovery } from './run-recovery.js';
import { type ResumedRun, RunResuming } from './run-resuming.js';
import { type SqlClient, type Statement } from './sql-client.js';
import { type StoredHistory } from './stored-history.js';

/** What a statement has done, `null` for nothing, and the history. */
interface Read<Begun> {
  begun: Begun | null;
  history: StoredHistory;
}

/** What a begin has read, and the parked run that goes on, if that is what it came to. */
interface Begun extends Read<BegunHeader> {
  resumed?: ResumedRun;
}

/** How often a begin is tried while others write to the chat. */
const MAX_TRIES = 5;

/** Begins runs: one round trip, and another for a look at the history, or when writers met. */
export class RunBeginning {
  private readonly insert;
  private readonly history;
  private readonly begun;
  private readonly standing;
  private readonly resuming: RunResuming;

  constructor(
    private readonly client: SqlClient,
    private readonly tables: KindTables,
    private readonly kind: string,
    private readonly recovery: RunRecovery,
    private readonly clock: DatabaseClock,
    private readonly histories: Histories,
  ) {
    this.insert = beginStatement(tables);
    this.history = historyStatement(tables);
    this.begun = begunStatement(tables);
    this.standing = standingStatement(tables);
    this.resuming = new RunResuming(client, tables);
  }

  async begin(chatId: string, ownerId: string | null, run: BeginRun): Promise<BegunRun> {
    const system = systemMessage(run.settings.instructions);
    const values = this.values(chatId, ownerId, run, system);
    const { begun, history, resumed } = await this.insertOrResume(chatId, ownerId, run, values);
    if (begun === null) throw new ChatNotFoundError(chatId);
    const { nextSeq, ...header } = begun;
    const added = resumed
      ? []
      : [
          ...(system ? [{ ...system, role: 'system' as const }] : []),
          ...(run.user ? [{ ...run.user, role: 'user' as const }] : []),
        ];
    const firstSeq = nextSeq - added.length;
    return {
      runId: run.runId,
      fence: 0,
      ...resumed,
      chatId,
      ownerId,
      ...header,
      history: [
        ...(await this.upTo(chatId, firstSeq - 1, history)),
        ...added.map((message, index): HistoryMessage => ({ ...message, seq: firstSeq + index, status: 'complete' })),
      ],
    };
  }

  private async insertOrResume(
    chatId: string,
    ownerId: string | null,
    run: BeginRun,
    values: unknown[],
  ): Promise<Begun> {
    const bounded = [...values, this.clock.deadline()];
    for (let tries = 1; ; tries++) {
      const nextSeq = run.check && (await this.checkedSeq(chatId, ownerId, run.check));
      const inserted =
        nextSeq === undefined ? undefined : await this.insertNew(chatId, run.runId, [...bounded, nextSeq]);
      const hasMovedOn = inserted?.begun === null && run.check !== null;
      if (inserted && !hasMovedOn) return inserted;
      const alive = inserted ? undefined : await this.recovery.recover(chatId);
      if (alive?.status === 'awaiting_approval') return this.resume(chatId, alive, run);
      if (alive !== undefined || tries === MAX_TRIES) throw new ChatBusyError(chatId, alive?.id);
    }
  }

  /** The next sequence number of a chat whose history was checked; `undefined` while it has an active run. */
  private async checkedSeq(
    chatId: string,
    ownerId: string | null,
    check: NonNullable<BeginRun['check']>,
  ): Promise<number | undefined> {
    const { begun, history } = await resend(() =>
      this.read<Standing>(this.standing, chatId, [chatId, ownerId, this.kind]),
    );
    if (begun === null) throw new ChatNotFoundError(chatId);
    if (begun.hasRun) return undefined;
    await check(history.messages);
    return begun.nextSeq;
  }

  /** `undefined` where an active run is in the way. */
  private async insertNew(chatId: string, runId: string, values: unknown[]): Promise<Begun | undefined> {
    try {
      return await resend((isResent) =>
        isResent ? this.insertAgain(chatId, runId, values) : this.read<BegunHeader>(this.insert, chatId, values),
      );
    } catch (error) {
      if (violatedUnique(error) !== this.tables.activeRunIndex) throw error;
      return undefined;
    }
  }

  /** After a try that may have stored the run: before this one, or while this one is under way. */
  private async insertAgain(chatId: string, runId: string, values: unknown[]): Promise<Begun> {
    const stored = await this.readBegun(chatId, runId);
    if (stored.begun) return stored;
    try {
      const inserted = await this.read<BegunHeader>(this.insert, chatId, values);
      return inserted.begun ? inserted : await this.readBegun(chatId, runId);
    } catch (error) {
      const late = violatedUnique(error) === undefined ? undefined : await this.readBegun(chatId, runId);
      if (late?.begun) return late;
      throw error;
    }
  }

  private async resume(chatId: string, parked: ActiveRunRow, run: BeginRun): Promise<Begun> {
    const resumed = await this.resuming.resume(chatId, parked, run);
    const read = await resend(() => this.readBegun(chatId, resumed.runId));
    return { ...read, resumed };
  }

  private readBegun(chatId: string, runId: string): Promise<Read<BegunHeader>> {
    return this.read<BegunHeader>(this.begun, chatId, [chatId, runId]);
  }

  /** The history in order; read once more where the last writer's messages were not yet in the statement's snapshot. */
  private async upTo(chatId: string, lastSeq: number, history: StoredHistory): Promise<readonly HistoryMessage[]> {
    const known = history.upTo(lastSeq);
    if ((known.at(-1)?.seq ?? -1) === lastSeq) return known;
    const { history: latest } = await resend(() => this.read<null>(this.history, chatId, [chatId]));
    return latest.upTo(lastSeq);
  }

  /** Runs a statement that ends in the chat's history, of which only what is not known yet is read. */
  private async read<Begun>(statement: Statement, chatId: string, values: unknown[]): Promise<Read<Begun>> {
    const known = this.histories.get(chatId);
    const [first, ...messages] = await this.client.arrays<HistoryRows>(statement, [
      ...values,
      known.lastSeq,
      known.version,
    ]);
    if (first === undefined) return { begun: null, history: known };
    const header = JSON.parse(first[4]) as HistoryHeader<Begun>;
    const history = known.renewed(header, messages);
    this.histories.set(chatId, history);
    return { begun: header.begun, history };
  }

  private values(chatId: string, ownerId: string | null, run: BeginRun, system: NewMessage | null): unknown[] {
    const { settings } = run;
    const { model, params } = settings;
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
      settings.tools ? JSON.stringify(settings.tools) : null,
      run.tools && JSON.stringify(run.tools),
      run.requestId,
      run.options && JSON.stringify(run.options),
    ];
  }
}

type NewMessage = NonNullable<BeginRun['user']>;

function systemMessage(instructions: string | undefined): NewMessage | null {
  return instructions === undefined
    ? null
    : { id: uuidv7(), parts: [{ type: 'text', text: sanitizeText(instructions) }] };
}

function messageValues(message: NewMessage | null): unknown[] {
  return message ? [message.id, textOf(message.parts), JSON.stringify(message.parts)] : [null, null, null];
}
