import { Inject, Injectable } from '@nestjs/common';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { ChatNotFoundError } from '../errors/chat.errors.js';
import { toProblem } from '../errors/problem.js';
import { RunLostError } from '../errors/run.errors.js';
import { cancelledBeforeSend } from '../router/attempt.js';
import { type Usage } from '../messages/message.interface.js';
import { addUsage, noUsage } from '../messages/usage.js';
import { type Turn, type TurnEnd } from '../turn/turn.interface.js';
import { TurnService } from '../turn/turn.service.js';
import { approvalRequired, type FinalState, finalEvents } from './final-events.js';
import { FailedRuns } from './failed-runs.js';
import { type LiveRun } from './live-run.js';
import { type OpenLog } from './log-writer.js';
import { openCalls } from './pending-calls.js';
import { runOutcome } from './run-outcome.js';
import { RunJournal } from './run-journal.js';
import { RunLogs } from './run-logs.service.js';
import { firstRequest, schemaOfAnswer, type StartRun } from './run-request.js';
import { type BegunRun } from './begin-run.interface.js';
import { type RunStore } from './run-store.interface.js';
import { RunTools } from './run-tools.service.js';

/** A run that has begun and is now to be worked. */
export interface RunWork {
  run: LiveRun;
  store: RunStore;
  begun: BegunRun;
  start: StartRun;
  /** The first attempt, where it is in the ledger already. */
  attemptId: string | null;
  userMessageId: string | null;
}

/** How the work on a run ended. */
export interface WorkEnd {
  /** Whether its end is stored, or another process has it. */
  isStored: boolean;
  /** Whether queued runs of the chat wait. */
  hasQueued: boolean;
  /** Whether it is parked although it was cancelled meanwhile. */
  isToBeCancelled: boolean;
}

/** Works a run: lets the model answer and the tools run, stores the end, and tells the followers. */
@Injectable()
export class RunWorker {
  constructor(
    private readonly turns: TurnService,
    private readonly tools: RunTools,
    private readonly logs: RunLogs,
    private readonly failedRuns: FailedRuns,
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Works the run to its end, or until it continues elsewhere; never rejects, and never leaves a follower waiting.
   */
  async work(work: RunWork): Promise<WorkEnd> {
    const { run, store, begun, userMessageId } = work;
    const log = this.logs.open(run, store.log, begun.fence);
    const journal = new RunJournal(run, store, begun, work.attemptId, work.start.requestId ?? null);
    try {
      run.append(begun.resumed?.events ?? [{ type: 'run-start', runId: run.id, chatId: run.chatId, userMessageId }]);
      return await this.finish(work, journal, await this.turn(work, journal), log);
    } catch (error) {
      await log.close();
      if (error instanceof RunLostError || run.stopReason === 'released') return endElsewhere(run);
      return this.giveUp(work, error, journal.spent);
    }
  }

  private async turn(work: RunWork, journal: RunJournal): Promise<TurnEnd> {
    let turn: Turn;
    try {
      turn = await this.firstTurn(work, journal);
    } catch (error) {
      return { type: 'stored', error };
    }
    return this.turns.run(turn);
  }

  private async firstTurn({ run, store, begun, ...work }: RunWork, journal: RunJournal): Promise<Turn> {
    const kept = begun.resumed?.options;
    const start = { ...work.start, ...kept };
    const { chatId, ownerId } = begun;
    const defaults = await start.defaults?.(begun, run.signal);
    const tools = this.tools.of(start.tools ?? begun.tools ?? defaults?.tools ?? []);
    const answerSchema = schemaOfAnswer(start, kept, defaults);
    const { request, supersedes } = firstRequest(begun, start, tools.values(), answerSchema);
    journal.supersedes = supersedes;
    return {
      request,
      caller: { ownerId, chatId, runId: run.id, requestId: start.requestId },
      signal: run.signal,
      journal,
      tools,
      toolContext: { chat: start.chat, ownerId, runId: run.id },
      pendingCalls: await openCalls(store, begun, start),
      scope: start.scope ?? 'answer',
      answerSchema,
      steps: { made: begun.resumed?.steps ?? 0, max: start.maxSteps ?? defaults?.maxSteps ?? this.options.maxSteps },
    };
  }

  private async finish(work: RunWork, journal: RunJournal, end: TurnEnd, log: OpenLog): Promise<WorkEnd> {
    const { run, store, begun, start } = work;
    const { attemptId, messageId } = journal;
    const { stopReason } = run;
    if (stopReason === 'released' && isCut(end)) {
      const outcome = end.type === 'answered' ? end.outcome.attempt : cancelledBeforeSend(1);
      const attempt = attemptId === null ? null : { id: attemptId, outcome };
      await store.release({ ...journal.key, attempt, unlogged: await log.close() });
      return endElsewhere(run);
    }
    const stopped = stopReason === 'released' ? undefined : stopReason;
    const { status, answer, attempt, error } = runOutcome(run.id, messageId, begun.model, end, stopped);
    if (end.type === 'waiting') run.append([approvalRequired(end.calls)]);
    const answerUsage = (end.type === 'answered' ? attempt.usage : journal.messageUsage) ?? noUsage;
    const usage = end.type === 'answered' ? addUsage(journal.spent, answerUsage) : journal.spent;
    const problem = error === undefined ? null : toProblem(error, start.requestId);
    const ended: FinalState = { status, error: problem, answerUsage, usage };
    await journal.storeRefused();
    const {
      answer: stored,
      hasQueued,
      isCancelRequested,
    } = await store.finish({
      ...ended,
      ...journal.key,
      answer,
      prefixDigest: (end.type === 'answered' ? end.outcome.prefixDigest : undefined) ?? null,
      attempt: attemptId === null ? null : { id: attemptId, outcome: attempt },
      unlogged: await log.close(),
      supersedes: status === 'completed' ? journal.supersedes : [],
    });
    if (error !== undefined) this.logFailure(work, error);
    const message = stored ?? journal.message;
    const parsed = end.type === 'answered' ? end.parsed : undefined;
    const result = { status, message, parsed, results: journal.results, usage: answerUsage, error };
    run.end(result, finalEvents(ended, stored));
    const isParked = status === 'awaiting_approval';
    const isToBeCancelled = isParked && (isCancelRequested || run.stopReason === 'cancelled');
    return { isStored: true, hasQueued: hasQueued && !isParked, isToBeCancelled };
  }

  /** Ends a run that could not be stored any more for its followers: a sweep ends it in the store. */
  private giveUp(work: RunWork, error: unknown, usage: Usage): WorkEnd {
    const { run, start } = work;
    this.logFailure(work, error);
    const problem = toProblem(error, start.requestId);
    const events = finalEvents({ status: 'failed', error: problem, answerUsage: noUsage, usage }, null);
    run.end({ status: 'failed', message: null, usage, error }, events);
    return { isStored: error instanceof ChatNotFoundError, hasQueued: false, isToBeCancelled: false };
  }

  private logFailure({ run, begun, start }: RunWork, error: unknown): void {
    this.failedRuns.log({ runId: run.id, model: begun.model, requestId: start.requestId ?? null }, error);
  }
}

/** Ends a run for its followers here: it continues in another process. */
function endElsewhere(run: LiveRun): WorkEnd {
  run.end({ status: 'running', message: null, usage: noUsage });
  return { isStored: true, hasQueued: false, isToBeCancelled: false };
}

/** Whether a turn has not come to its own end. */
function isCut(end: TurnEnd): boolean {
  if (end.type === 'waiting') return false;
  return (end.type === 'answered' ? end.outcome.error : end.error) !== undefined;
}
