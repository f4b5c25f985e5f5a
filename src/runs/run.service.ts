import { type BeforeApplicationShutdown, Injectable, Logger, type Type } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { DeadlineError, withDeadline } from '../async/deadline.js';
import { DatabaseUnavailableError, PendingToolCallsError } from '../errors/chat.errors.js';
import { ServerBusyError } from '../errors/request.errors.js';
import { checkFilesFor } from '../models/file-fit.js';
import { ModelRegistry } from '../models/model-registry.js';
import { type DuoTool } from '../tools/duo-tool.interface.js';
import { beginCheck } from './begin-check.js';
import { type FailedRun, FailedRuns } from './failed-runs.js';
import { InstanceLeases } from './instance-leases.service.js';
import { LiveRun } from './live-run.js';
import { RunLogs } from './run-logs.service.js';
import { runOptions } from './run-options.js';
import { type StartRun } from './run-request.js';
import { type RunStore } from './run-store.interface.js';
import { type RunWork, RunWorker } from './run-worker.js';
import { RunTools } from './run-tools.service.js';

const BEGIN_TIMEOUT_MS = 15_000;
const SHUTDOWN_TIMEOUT_MS = 7_000;
const RELEASE_TIMEOUT_MS = 1_000;

/** Begins runs, holds them while they work, and stops them. A run belongs to this service, not to its caller. */
@Injectable()
export class RunService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(RunService.name);
  private readonly live = new Set<LiveRun>();
  private readonly held = new Set<string>();
  private readonly open = new Set<Promise<unknown>>();
  private isStopping = false;

  constructor(
    private readonly worker: RunWorker,
    private readonly models: ModelRegistry,
    private readonly leases: InstanceLeases,
    private readonly logs: RunLogs,
    private readonly tools: RunTools,
    private readonly failedRuns: FailedRuns,
  ) {}

  /** Names this process in the runs that it holds. */
  get instanceId(): string {
    return this.leases.instanceId;
  }

  /**
   * The names by which chats keep their tools.
   * @throws ConfigurationError when a class is not a tool of this application
   */
  toolNames(tools: readonly Type<DuoTool>[]): string[] {
    return this.tools.namesOf(tools);
  }

  /** Whether this process still holds the run: from before its begin is sent until its end is stored or given up. */
  isHeld(runId: string): boolean {
    return this.held.has(runId);
  }

  /** Logs a run that died with another process. */
  logFailure(run: FailedRun, error: unknown): void {
    this.failedRuns.log(run, error);
  }

  /**
   * Begins a run and starts its work, which does not depend on followers.
   * @throws ServerBusyError when the server is stopping, UnknownModelError, ValidationError for a file that the model does not
   *   take, and what `RunStore.begin` throws
   */
  async start(store: RunStore, start: StartRun): Promise<LiveRun> {
    start.signal?.throwIfAborted();
    for (const model of [start.model, start.settings.model]) if (model !== undefined) this.models.get(model);
    if (this.isStopping)
      throw new ServerBusyError('The server is stopping and takes no new asks. Ask again in a moment.');
    const beginning = this.begin(store, start);
    this.trackPending(beginning);
    try {
      return await withDeadline(() => beginning, { ms: BEGIN_TIMEOUT_MS });
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      beginning.then(
        (run) => {
          run.stop('interrupted');
        },
        () => undefined,
      );
      throw new DatabaseUnavailableError(
        'The database did not answer in time, or had no connection to spare. Ask again.',
      );
    }
  }

  /** Stops the runs of a deleted chat; where they work elsewhere, their end finds nothing to write to. */
  stopRunsOf(chatId: string): void {
    for (const run of this.live) if (run.chatId === chatId) run.stop('cancelled');
  }

  /** Stores every running ask as interrupted and gives the leases back. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    for (const run of this.live) run.stop('interrupted');
    await withDeadline(() => this.ended(), { ms: SHUTDOWN_TIMEOUT_MS }).catch(() => {
      this.logger.warn(`${this.live.size} runs could not be stored in time; they are recovered by the next ask.`);
    });
    this.logs.stop();
    await withDeadline(() => this.leases.release(), { ms: RELEASE_TIMEOUT_MS }).catch(() => undefined);
  }

  private async begin(store: RunStore, start: StartRun): Promise<LiveRun> {
    await this.checkFiles(store, start);
    if (store.leases) await this.leases.hold(store.leases);
    const held: string[] = [];
    const hold = (runId: string): boolean => {
      if (this.held.has(runId)) return false;
      held.push(runId);
      this.held.add(runId);
      return true;
    };
    const runId = uuidv7();
    const attemptId = start.scope === 'tools' ? null : uuidv7();
    const user = start.user && { id: uuidv7(), parts: start.user };
    hold(runId);
    try {
      const begun = await store.begin({
        runId,
        attemptId,
        instanceId: store.leases ? this.instanceId : null,
        requestId: start.requestId ?? null,
        user,
        model: start.model ?? null,
        tools: start.tools ?? null,
        options: runOptions(start),
        settings: start.settings,
        check: beginCheck(store, start),
        claim: (parkedId) => {
          if (start.scope !== 'generate') return hold(parkedId);
          throw new PendingToolCallsError(start.chat.id, 'Approve or deny each of them, and call runTools() first.');
        },
      });
      return this.startWork(
        {
          store,
          begun,
          start,
          attemptId: begun.resumed ? null : attemptId,
          userMessageId: user?.id ?? null,
          run: new LiveRun(begun.runId, begun.chatId, begun.resumed?.nextIndex),
        },
        held,
      );
    } catch (error) {
      this.release(held);
      throw error;
    }
  }

  /** @throws ValidationError for a file that the model of this run does not take */
  private async checkFiles(store: RunStore, { user, model, settings }: StartRun): Promise<void> {
    const files = user?.filter((part) => part.type === 'file') ?? [];
    if (files.length === 0) return;
    checkFilesFor(this.models.get(model ?? settings.model ?? (await store.chatModel())), files);
  }

  private startWork(work: RunWork, held: string[]): LiveRun {
    const { run, start } = work;
    this.live.add(run);
    if (this.isStopping) run.stop('interrupted');
    const unlink = stopOnAbort(run, start.signal);
    const working = this.worker.work(work).finally(() => {
      unlink();
      this.live.delete(run);
    });
    // Before any other listener of the end: a parked run may continue at once.
    void run.result.then(() => {
      this.release(held);
    });
    this.trackPending(working);
    return run;
  }

  private release(held: readonly string[]): void {
    for (const runId of held) this.held.delete(runId);
  }

  /** A begin that is under way becomes a run, so more may open while one waits. */
  private async ended(): Promise<void> {
    while (this.open.size > 0) await Promise.allSettled(this.open);
  }

  private trackPending(work: Promise<unknown>): void {
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
