import { v7 as uuidv7 } from 'uuid';
import { toProblem } from '../../errors/problem.js';
import { RunInterruptedError, RunLostError } from '../../errors/run.errors.js';
import { noUsage } from '../../messages/usage.js';
import { type FailedRun } from '../../runs/failed-runs.js';
import { type AnswerDraft, type RunKey, type StoreProgress } from '../../runs/run-store.interface.js';
import { partialAnswer, type PartialAnswer } from '../../runs/partial-answer.js';
import { endValues } from './end-values.js';
import { type FinishRow } from './finish.statements.js';
import { type KindTables } from './kind-tables.js';
import { type EndingRun } from './log-values.js';
import {
  type ActiveRunRow,
  activeRunStatement,
  claimStatement,
  interruptStatement,
  type RemainsRow,
  remainsStatement,
  type StartedCall,
} from './recovery.statements.js';
import { type RunStepping } from './run-stepping.js';
import { type SqlClient } from './sql-client.js';

/**
 * After a takeover the events of a run are counted on from the next multiple of this, so that an id which the dead process
 * sent and did not log is recognised.
 */
const TAKEOVER_STRIDE = 1_000_000;

const MAYBE_DONE =
  'The server died while this tool ran: the call may or may not have taken effect. Check before you call it again.';

/** Tells what this process is, to the recovery of runs. */
export interface RunOwner {
  readonly instanceId: string;
  /** Whether this process still holds the run: from before its begin is sent until its end is stored or given up. */
  isHeld(runId: string): boolean;
  /** Logs a run whose process could not do so. */
  logFailure(run: FailedRun, error: unknown): void;
}

/** Ends the runs that died with their process, so that they do not block their chats, and keeps what they had said. */
export class RunRecovery {
  private readonly activeRun;
  private readonly claim;
  private readonly remains;
  private readonly interrupt;

  constructor(
    private readonly client: SqlClient,
    tables: KindTables,
    private readonly kind: string,
    private readonly owner: RunOwner,
    private readonly stepping: RunStepping,
  ) {
    this.activeRun = activeRunStatement(tables);
    this.claim = claimStatement(tables);
    this.remains = remainsStatement(tables);
    this.interrupt = interruptStatement(tables);
  }

  /**
   * Ends the chat's active run as interrupted, if its process is gone.
   * @returns the active run that is alive, or is being recovered by another, and so stays; `undefined` when the chat is free
   */
  async recover(chatId: string): Promise<ActiveRunRow | undefined> {
    const [run] = await this.client.rows<ActiveRunRow>(this.activeRun, [this.kind, chatId]);
    if (run === undefined || !this.isDead(run)) return run;
    const [claimed] = await this.client.rows<{ fence: number }>(this.claim, [run.id, run.fence]);
    if (claimed === undefined) return run;
    const [remains] = await this.client.rows<RemainsRow>(this.remains, [run.id]);
    if (remains === undefined) return undefined;
    const key = { runId: run.id, chatId, fence: claimed.fence };
    try {
      if (remains.calls.length > 0) await this.stepping.storeProgress({ ...key, ...settledCalls(remains.calls) });
    } catch (error) {
      if (error instanceof RunLostError) return run;
      throw error;
    }
    const values = endValues(interruptedRun(key, remains));
    const [ended] = await this.client.rows<FinishRow>(this.interrupt, values);
    if (ended?.owned !== 1) return run;
    this.logInterruption(run, remains);
    return undefined;
  }

  /** What this process had to give up itself, it has logged. */
  private logInterruption({ id: runId, instance_id }: ActiveRunRow, { model, requestId }: RemainsRow): void {
    if (instance_id === this.owner.instanceId) return;
    this.owner.logFailure({ runId, model, requestId }, new RunInterruptedError(runId));
  }

  /** A run of this very instance that is no longer held is one whose end could not be stored. */
  private isDead(run: ActiveRunRow): boolean {
    if (run.status !== 'running') return false;
    return run.instance_id === this.owner.instanceId ? !this.owner.isHeld(run.id) : run.is_dead;
  }
}

/**
 * Lets the started calls of a dead run that may run again do so, and answers the others: whether they have taken effect
 * is for the model, or the people, to find out.
 */
function settledCalls(calls: readonly StartedCall[]): Pick<StoreProgress, 'results' | 'moved' | 'next'> {
  const [again, cut] = [calls.filter(({ idempotent }) => idempotent), calls.filter(({ idempotent }) => !idempotent)];
  const createdAt = new Date().toISOString();
  return {
    moved: again.map(({ id, isDecided }) => ({ id, status: isDecided ? 'approved' : 'pending' })),
    results: cut.map(({ id, providerCallId, name }) => ({
      id: uuidv7(),
      toolCallId: id,
      status: 'failed',
      part: { type: 'tool-result', id: providerCallId, name, content: MAYBE_DONE, isError: true },
      createdAt,
    })),
    next: null,
  };
}

function interruptedRun({ runId, chatId, fence }: RunKey, remains: RemainsRow): EndingRun {
  const { log, messages, model, usage } = remains;
  const events = log.flatMap((batch) => batch.events);
  const lastIndex = log.at(-1)?.firstIndex ?? 0;
  const firstIndex = (Math.floor(lastIndex / TAKEOVER_STRIDE) + 1) * TAKEOVER_STRIDE;
  return {
    runId,
    chatId,
    fence,
    status: 'interrupted',
    answer: interruptedAnswer(partialAnswer(events, new Set(messages)), model),
    prefixDigest: null,
    error: toProblem(new RunInterruptedError(runId)),
    answerUsage: noUsage,
    usage,
    unlogged: { sent: undefined, fresh: { firstIndex, events: [] } },
    supersedes: [],
  };
}

function interruptedAnswer(unfinished: PartialAnswer | undefined, model: string): AnswerDraft | null {
  if (unfinished === undefined) return null;
  const { messageId, text } = unfinished;
  return {
    id: messageId,
    status: 'interrupted',
    text,
    parts: [{ type: 'text', text }],
    model,
    finishReason: null,
    finishDetail: null,
    createdAt: new Date().toISOString(),
  };
}
