import { Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { toProblem } from '../errors/problem.js';
import { RunLostError } from '../errors/run.errors.js';
import { safeError } from '../errors/safe-error.js';
import { type Usage } from '../messages/message.interface.js';
import { addUsage, noUsage } from '../messages/usage.js';
import { type AttemptLedger, type StepOutcome } from '../router/attempt.interface.js';
import { unsentStep } from '../router/unsent-step.js';
import { type Turn, TurnService } from '../turn/turn.service.js';
import { type LiveRun } from './live-run.js';
import { type RunEnd, runEnd } from './run-end.js';
import { type RunEndStatus } from './run-event.interface.js';
import { runEvents } from './run-events.js';
import { type StartRun, firstRequest } from './run-request.js';
import { type BegunRun, type RunStore } from './run-store.interface.js';

/** A run that has begun and is now to be worked. */
export interface RunWork {
  run: LiveRun;
  store: RunStore;
  begun: BegunRun;
  start: StartRun;
  /** The first attempt, which is in the ledger already. */
  attemptId: string;
  userMessageId: string | null;
}

/** How the turn of a run ended. */
interface TurnEnd {
  outcome: StepOutcome;
  /** The last attempt. */
  attemptId: string;
  supersedes: string[];
  /** What the attempts before the last one cost. */
  spent: Usage;
}

/** Works a run: lets the model answer, stores the end, and tells the followers. */
@Injectable()
export class RunWorker {
  private readonly logger = new Logger(RunWorker.name);

  constructor(private readonly turns: TurnService) {}

  /** Works the run to its end; never rejects, and never leaves a follower waiting. */
  async work(work: RunWork): Promise<void> {
    try {
      await this.workThrough(work);
    } catch (error) {
      this.giveUp(work.run, error, 'failed', noUsage);
    }
  }

  private async workThrough(work: RunWork): Promise<void> {
    const { run, begun } = work;
    const messageId = uuidv7();
    run.append([
      { type: 'run-start', runId: run.id, chatId: run.chatId, userMessageId: work.userMessageId },
      { type: 'message-start', messageId, role: 'assistant' },
    ]);
    const turn = await this.turn(work, messageId);
    const end = runEnd(run.id, messageId, begun.model, turn.outcome, run.stopReason);
    this.logUnexpected(run, end.error);
    await this.finish(work, turn, end);
  }

  private async turn({ run, store, begun, start, attemptId }: RunWork, messageId: string): Promise<TurnEnd> {
    const turn: TurnEnd = { attemptId, supersedes: [], spent: noUsage, outcome: unsentStep(undefined) };
    const ledger: AttemptLedger = {
      async retrying(ended, nextNumber) {
        const nextId = uuidv7();
        await store.retry({ endedId: turn.attemptId, ended, nextId, nextNumber });
        turn.attemptId = nextId;
        if (ended.usage) turn.spent = addUsage(turn.spent, ended.usage);
      },
    };
    const emit: Turn['emit'] = (events) => {
      run.append(runEvents(events, messageId));
    };
    try {
      const { request, supersedes } = firstRequest(begun, start);
      const caller = { ownerId: begun.ownerId, chatId: begun.chatId };
      turn.supersedes = supersedes;
      turn.outcome = await this.turns.run({ request, caller, signal: run.signal, emit, ledger });
    } catch (error) {
      turn.outcome = unsentStep(error);
    }
    return turn;
  }

  private async finish({ run, store, begun }: RunWork, turn: TurnEnd, end: RunEnd): Promise<void> {
    const { status, answer, error } = end;
    const { attempt } = turn.outcome;
    const usage = attempt.usage ?? noUsage;
    const total = addUsage(turn.spent, usage);
    const problem = error === undefined ? null : toProblem(error);
    try {
      const message = await store.finish({
        runId: run.id,
        chatId: run.chatId,
        fence: begun.fence,
        status,
        answer,
        attemptId: turn.attemptId,
        attempt,
        error: problem,
        supersedes: status === 'completed' ? turn.supersedes : [],
      });
      if (message)
        run.append([
          { type: 'message-end', message: { ...message, usage }, usage, finishReason: message.finishReason },
        ]);
      if (problem) run.append([{ type: 'error', problem }]);
      run.append([{ type: 'run-end', status, usage: total }]);
      run.end({ status, message, usage, error });
    } catch (storeError) {
      this.giveUp(run, storeError, storeError instanceof RunLostError ? 'interrupted' : 'failed', total);
    }
  }

  /** Ends a run whose end could not be stored: the next ask of its chat recovers it. */
  private giveUp(run: LiveRun, error: unknown, status: RunEndStatus, usage: Usage): void {
    this.logUnexpected(run, error);
    run.append([
      { type: 'error', problem: toProblem(error) },
      { type: 'run-end', status, usage },
    ]);
    run.end({ status, message: null, usage, error });
  }

  private logUnexpected(run: LiveRun, error: unknown): void {
    if (error !== undefined && !(error instanceof GitlabDuoError))
      this.logger.error(`Run ${run.id} failed`, safeError(error));
  }
}
