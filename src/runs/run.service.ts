import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import { within } from '../async/deadline.js';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { ModelRegistry } from '../models/model-registry.js';
import { type DuoTool } from '../tools/duo-tool.interface.js';
import { type FailedRun, FailedRuns } from './failed-runs.js';
import { HeldRuns } from './held-runs.js';
import { InstanceLeases } from './instance-leases.service.js';
import { type LeaseStore, type OrphanRun, type SweepRequest } from './lease-store.interface.js';
import { type StopReason } from './live-run.js';
import { OpenWork } from './open-work.js';
import { RunCanceller } from './run-canceller.js';
import { type Cancellation } from './run-end.interface.js';
import { RunFollowers } from './run-followers.service.js';
import { RunHandle } from './run-handle.js';
import { type RunContext } from './run-kinds.js';
import { RunLauncher } from './run-launcher.js';
import { RunLogs } from './run-logs.service.js';
import { RunQueue } from './run-queue.js';
import { type StartRun } from './run-request.js';
import { RunStarter } from './run-starter.js';
import { type RunStore } from './run-store.interface.js';
import { RunTakeover } from './run-takeover.js';
import { RunTools } from './run-tools.service.js';

/** How long a stopping process takes to store, or to release, the runs that did not end in time. */
const STOP_TIMEOUT_MS = 7_000;
const RELEASE_TIMEOUT_MS = 1_000;

/** Begins runs, holds them while they work, and stops them. A run belongs to this service, not to its caller. */
@Injectable()
export class RunService implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger(RunService.name);

  constructor(
    private readonly models: ModelRegistry,
    private readonly tools: RunTools,
    private readonly runs: HeldRuns,
    private readonly openWork: OpenWork,
    private readonly starter: RunStarter,
    private readonly queue: RunQueue,
    private readonly canceller: RunCanceller,
    private readonly takeover: RunTakeover,
    private readonly leases: InstanceLeases,
    private readonly logs: RunLogs,
    private readonly failedRuns: FailedRuns,
    private readonly followers: RunFollowers,
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
    launcher: RunLauncher,
  ) {
    launcher.onEnd((context, runId, { hasQueued, isToBeCancelled }) => {
      if (isToBeCancelled) canceller.cancelInBackground(context, runId);
      else queue.handleEnd(context, hasQueued);
    });
  }

  /** Names this process in the runs that it holds. */
  get instanceId(): string {
    return this.leases.instanceId;
  }

  /** Whether the process takes no new asks any more. */
  get isStopping(): boolean {
    return this.openWork.isStopping;
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
    return this.runs.isHeld(runId);
  }

  /** The runs of this process in a store: those that it works, and those whose end it could not store. */
  runsIn(leases: LeaseStore): Pick<SweepRequest, 'unstored' | 'working'> {
    return this.runs.runsIn(leases);
  }

  /** Logs a run that died with another process. */
  logFailure(run: FailedRun, error: unknown): void {
    this.failedRuns.log(run, error);
  }

  /**
   * Begins a run and starts its work, which does not depend on followers; or joins the run of an earlier request with the
   * same key; or queues the run while the chat is busy, where that is wanted.
   * @throws ServerBusyError when the server is stopping or has no room, UnknownModelError, ValidationError for a file that
   *   the model does not take, IdempotencyKeyReusedError, QueueFullError, and what `RunStore.begin` throws
   */
  async start(store: RunStore, start: StartRun): Promise<RunHandle> {
    start.signal?.throwIfAborted();
    for (const model of [start.model, start.settings.model]) if (model !== undefined) this.models.get(model);
    this.openWork.mustNotStop();
    return this.starter.start(store, start);
  }

  /** A run of a chat by its id, which is not checked yet. */
  handle(store: RunStore, chatId: string, runId: string): RunHandle {
    return new RunHandle(runId, chatId, store, this.followers);
  }

  /**
   * Cancels a run, wherever it is; one that works elsewhere ends a moment later. Does nothing to a run that has ended.
   * @throws ChatNotFoundError, RunNotFoundError
   */
  cancel(context: RunContext, runId: string): Promise<Cancellation> {
    return this.canceller.cancel(context, runId);
  }

  /** Cancels a run whose asker has left, unless it is followed, here or elsewhere. */
  abandon(context: RunContext, runId: string): void {
    this.canceller.abandon(context, runId);
  }

  /** Stops the runs of a deleted chat; where they work elsewhere, their end finds nothing to write to. */
  stopRunsOf(chatId: string): void {
    for (const run of this.runs.working.keys()) if (run.chatId === chatId) run.stop('cancelled');
  }

  /** Stops a run of this process that was cancelled, or taken over, on another one. */
  stopRun(runId: string, reason: Exclude<StopReason, 'interrupted'>): void {
    this.followers.liveRun(runId)?.stop(reason);
  }

  /** Begins the queued run of a chat that is next, unless the chat is still busy; one that cannot begin ends as failed. */
  beginNext(context: RunContext): Promise<void> {
    return this.queue.beginNext(context);
  }

  /** Continues a run that lost its instance, or ends it where it may not continue, unless another instance is faster. */
  continueRun(context: RunContext, orphan: OrphanRun, mayContinue: boolean): Promise<void> {
    return this.takeover.continueRun(context, orphan, mayContinue);
  }

  /** Takes no asks from now on. */
  onModuleDestroy(): void {
    this.openWork.stop();
  }

  /** Lets the runs work on for a while, hands the others over, and gives the leases back. */
  async beforeApplicationShutdown(): Promise<void> {
    const { working } = this.runs;
    await within(this.openWork.ended(), this.options.shutdownGraceMs).catch(() => undefined);
    for (const [run, { store }] of working) run.stop(store.isHandedOver ? 'released' : 'interrupted');
    await within(this.openWork.ended(), STOP_TIMEOUT_MS).catch(() => {
      this.logger.warn(`${working.size} runs could not be stored in time; another instance recovers them.`);
    });
    this.logs.stop();
    this.followers.releaseReaders();
    await within(this.leases.release(), RELEASE_TIMEOUT_MS).catch(() => undefined);
  }
}
