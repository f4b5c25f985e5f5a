import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { DatabaseUnavailableError } from '../errors/chat.errors.js';
import { GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { toProblem } from '../errors/problem.js';
import { ServerBusyError } from '../errors/request.errors.js';
import { RunLostError } from '../errors/run.errors.js';
import { noUsage } from '../messages/usage.js';
import { ModelRegistry } from '../models/model-registry.js';
import { type StepOutcome } from '../router/attempt.interface.js';
import { TurnService } from '../turn/turn.service.js';
import { InstanceLeases } from './instance-leases.service.js';
import { LiveRun } from './live-run.js';
import { type RunEnd, problemOf, runEnd } from './run-end.js';
import { type FirstRequest, type StartRun, firstRequest } from './run-request.js';
import { type BegunRun, type RunStore } from './run-store.interface.js';
import { withTimeout } from './with-timeout.js';

const BEGIN_TIMEOUT_MS = 15_000;
const SHUTDOWN_TIMEOUT_MS = 7_000;

/** The life of a run: begin, work, finish. A run belongs to this service, not to whoever asked for it. */
@Injectable()
export class RunService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(RunService.name);
  private readonly live = new Map<string, LiveRun>();
  private readonly open = new Set<Promise<unknown>>();
  private isStopping = false;

  constructor(
    private readonly turns: TurnService,
    private readonly models: ModelRegistry,
    private readonly leases: InstanceLeases,
  ) {}

  /** Names this process in the runs that it holds. */
  get instanceId(): string {
    return this.leases.instanceId;
  }

  /** Whether the run works in this process at this moment. */
  isLive(runId: string): boolean {
    return this.live.has(runId);
  }

  /**
   * Begins a run and lets it work; it goes on whoever follows it.
   * @throws ServerBusyError when the server is stopping, UnknownModelError, and what `RunStore.begin` throws
   */
  async start(store: RunStore, start: StartRun): Promise<LiveRun> {
    start.signal?.throwIfAborted();
    for (const model of [start.model, start.settings.model]) if (model !== undefined) this.models.get(model);
    if (this.isStopping) throw new ServerBusyError('The server is stopping and takes no new asks. Ask again in a moment.');
    const beginning = this.begin(store, start);
    this.keepOpen(beginning);
    return withTimeout(beginning, BEGIN_TIMEOUT_MS, () => {
      beginning.then(
        (run) => {
          run.stop('interrupted');
        },
        () => undefined,
      );
      return new DatabaseUnavailableError('The database did not answer in time. Ask again.', { isRetryable: true });
    });
  }

  /** Stops the runs of a deleted chat; where they work elsewhere, their end finds nothing to write to. */
  stopRunsOf(chatId: string): void {
    for (const run of this.live.values()) if (run.chatId === chatId) run.stop('cancelled');
  }

  /** Stores every running ask as interrupted and gives the leases back. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    for (const run of this.live.values()) run.stop('interrupted');
    const ended = Promise.allSettled([...this.open]);
    await withTimeout(ended, SHUTDOWN_TIMEOUT_MS, () => new Error('time is up')).catch(() => {
      this.logger.warn(`${this.live.size} runs could not be stored in time; they are recovered by the next ask.`);
    });
    await withTimeout(this.leases.release(), 1_000, () => new Error('time is up')).catch(() => undefined);
  }

  private async begin(store: RunStore, start: StartRun): Promise<LiveRun> {
    if (store.leases) await this.leases.hold(store.leases);
    const runId = uuidv7();
    const attemptId = uuidv7();
    const user = start.user && { id: uuidv7(), parts: start.user };
    const begun = await store.begin({
      runId,
      attemptId,
      instanceId: store.leases ? this.instanceId : null,
      user,
      model: start.model ?? null,
      settings: start.settings,
    });
    const run = new LiveRun(runId, begun.chatId);
    this.live.set(runId, run);
    if (this.isStopping) run.stop('interrupted');
    const unlink = stopOnAbort(run, start.signal);
    const working = this.work(run, store, begun, attemptId, start, user?.id ?? null).finally(() => {
      unlink();
      this.live.delete(runId);
    });
    this.keepOpen(working);
    return run;
  }

  private async work(
    run: LiveRun,
    store: RunStore,
    begun: BegunRun,
    firstAttemptId: string,
    start: StartRun,
    userMessageId: string | null,
  ): Promise<void> {
    const messageId = uuidv7();
    let attemptId = firstAttemptId;
    run.append([
      { type: 'run-start', runId: run.id, chatId: run.chatId, userMessageId },
      { type: 'message-start', messageId, role: 'assistant' },
    ]);
    const turn = async (first: FirstRequest): Promise<StepOutcome> =>
      this.turns.run({
        request: first.request,
        signal: run.signal,
        emit: (events) => {
          run.append(events);
        },
        ledger: {
          retrying: async (ended, nextNumber) => {
            const nextId = uuidv7();
            await store.retry({ endedId: attemptId, ended, nextId, nextNumber });
            attemptId = nextId;
          },
        },
      });

    let supersedes: string[] = [];
    let outcome: StepOutcome;
    try {
      const first = firstRequest(begun, start);
      supersedes = first.supersedes;
      outcome = await turn(first);
    } catch (error) {
      outcome = failedBeforeSending(error);
    }
    const end = runEnd(run.id, messageId, begun.model, outcome, run.stopReason);
    this.logUnexpected(run, end.error);
    await this.finish(run, store, begun, end, { attemptId, outcome, supersedes });
  }

  private async finish(
    run: LiveRun,
    store: RunStore,
    begun: BegunRun,
    end: RunEnd,
    last: { attemptId: string; outcome: StepOutcome; supersedes: string[] },
  ): Promise<void> {
    const usage = last.outcome.attempt.usage ?? noUsage;
    try {
      const message = await store.finish({
        runId: run.id,
        chatId: run.chatId,
        fence: begun.fence,
        status: end.status,
        answer: end.answer,
        attemptId: last.attemptId,
        attempt: last.outcome.attempt,
        error: problemOf(end),
        supersedes: end.status === 'completed' ? last.supersedes : [],
      });
      if (message) run.append([{ type: 'message-end', message, usage, finishReason: message.finishReason }]);
      const problem = problemOf(end);
      if (problem) run.append([{ type: 'error', problem }]);
      run.append([{ type: 'run-end', status: end.status, usage }]);
      run.end({ status: end.status, message, usage, error: end.error });
    } catch (error) {
      this.logUnexpected(run, error);
      const status = error instanceof RunLostError ? 'interrupted' : 'failed';
      run.append([
        { type: 'error', problem: toProblem(error) },
        { type: 'run-end', status, usage },
      ]);
      run.end({ status, message: null, usage, error });
    }
  }

  private logUnexpected(run: LiveRun, error: unknown): void {
    if (error !== undefined && !(error instanceof GitlabDuoError)) this.logger.error(`Run ${run.id} failed`, error);
  }

  private keepOpen(work: Promise<unknown>): void {
    this.open.add(work);
    const forget = (): void => {
      this.open.delete(work);
    };
    work.then(forget, forget);
  }
}

function stopOnAbort(run: LiveRun, signal: AbortSignal | undefined): () => void {
  const stop = (): void => {
    run.stop('cancelled');
  };
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  return () => {
    signal?.removeEventListener('abort', stop);
  };
}

function failedBeforeSending(error: unknown): StepOutcome {
  return {
    answer: { parts: [], finishReason: 'other', usage: noUsage },
    attempt: {
      number: 1,
      status: 'failed',
      usage: noUsage,
      firstTokenMs: null,
      durationMs: 0,
      errorCode: error instanceof GitlabDuoError ? error.code : 'internal_error',
    },
    error,
  };
}
