import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { DeadlineError, withDeadline } from '../async/deadline.js';
import { type ResolvedOptions, type WhenBusy } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import {
  ChatBusyError,
  DatabaseUnavailableError,
  PendingToolCallsError,
  QueueFullError,
} from '../errors/chat.errors.js';
import { ServerBusyError } from '../errors/request.errors.js';
import { IdempotencyKeyReusedError, KeyTakenError, TooManyRunsError } from '../errors/run.errors.js';
import { safeError } from '../errors/safe-error.js';
import { checkFilesFor } from '../models/file-fit.js';
import { ModelRegistry } from '../models/model-registry.js';
import { type DuoTool } from '../tools/duo-tool.interface.js';
import { beginCheck } from './begin-check.js';
import { type FailedRun, FailedRuns } from './failed-runs.js';
import { InstanceLeases } from './instance-leases.service.js';
import { type LeaseStore, type OrphanRun, type SweepRequest } from './lease-store.interface.js';
import { LiveRun, type StopReason } from './live-run.js';
import { requestHash } from './request-hash.js';
import { RunFollowers } from './run-followers.service.js';
import { RunHandle } from './run-handle.js';
import { type RunContext } from './run-kinds.js';
import { type Beginning, RunQueue } from './run-queue.js';
import { RunLogs } from './run-logs.service.js';
import { runInput } from './run-options.js';
import { type StartRun } from './run-request.js';
import { type BegunRun } from './begin-run.interface.js';
import { type Cancellation } from './run-end.interface.js';
import { type RequestKey } from './request-key.interface.js';
import { type RunStore } from './run-store.interface.js';
import { type RunWork, RunWorker } from './run-worker.js';
import { RunTools } from './run-tools.service.js';

const BEGIN_TIMEOUT_MS = 15_000;
/** How long a stopping process takes to store, or to release, the runs that did not end in time. */
const STOP_TIMEOUT_MS = 7_000;
const RELEASE_TIMEOUT_MS = 1_000;
const RETRY_LATER = { isRetryable: true, retryAfterMs: 1_000 };

/** What the log says of work without a caller that failed. */
const NOT_BEGUN = 'A queued run did not begin';
const NOT_CANCELLED = 'A run was not cancelled';

/** Why a person never decided on the calls of a parked run. */
const CANCELLED = 'The run was cancelled.';

/** Begins runs, holds them while they work, and stops them. A run belongs to this service, not to its caller. */
@Injectable()
export class RunService implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger(RunService.name);
  private readonly live = new Map<LiveRun, RunWork>();
  private readonly held = new Set<string>();
  private readonly unstored = new Set<string>();
  private readonly open = new Set<Promise<unknown>>();
  private readonly queue: RunQueue;
  private stopping = false;

  constructor(
    private readonly worker: RunWorker,
    private readonly models: ModelRegistry,
    private readonly leases: InstanceLeases,
    private readonly logs: RunLogs,
    private readonly tools: RunTools,
    private readonly failedRuns: FailedRuns,
    private readonly followers: RunFollowers,
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    const isStopping = (): boolean => this.stopping;
    const holder = {
      get isStopping() {
        return isStopping();
      },
      begin: (beginning: Beginning) => this.begin(beginning),
      isHeld: (runId: string) => this.held.has(runId),
      background: (work: Promise<unknown>) => {
        this.background(work);
      },
    };
    this.queue = new RunQueue(holder, followers, failedRuns, options.limits);
  }

  /** Names this process in the runs that it holds. */
  get instanceId(): string {
    return this.leases.instanceId;
  }

  /** Whether the process takes no new asks any more. */
  get isStopping(): boolean {
    return this.stopping;
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

  /** The runs of this process in a store: those that it works, and those whose end it could not store. */
  runsIn(leases: LeaseStore): Pick<SweepRequest, 'unstored' | 'working'> {
    const works = [...this.live.values()].filter(({ store }) => store.leases === leases);
    return { unstored: [...this.unstored], working: works.map(({ run }) => run.id) };
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
    this.mustNotStop();
    const beginning = this.beginOrJoin(store, start);
    this.trackPending(beginning);
    try {
      return await withDeadline(() => beginning, { ms: BEGIN_TIMEOUT_MS });
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      beginning.then(
        (run) => {
          const { chat, defaults } = start;
          if (!run.isReplayed) this.cancel({ store, chat, defaults }, run.id).catch(() => undefined);
        },
        () => undefined,
      );
      throw new DatabaseUnavailableError(
        'The database did not answer in time, or had no connection to spare. Ask again.',
      );
    }
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
    return this.queue.cancel(context, runId, CANCELLED);
  }

  /**
   * Cancels a run whose asker has left, unless it is followed, here or elsewhere. A stopping process sends its readers away
   * itself.
   */
  abandon(context: RunContext, runId: string): void {
    const isFollowed = (): boolean => this.stopping || this.followers.count(runId) > 0;
    if (isFollowed()) return;
    const abandoning = async (): Promise<void> => {
      const isFollowedElsewhere = await context.store.log?.isFollowed(runId);
      if (isFollowedElsewhere !== true && !isFollowed()) await this.cancel(context, runId);
    };
    this.background(abandoning(), NOT_CANCELLED);
  }

  /** Stops the runs of a deleted chat; where they work elsewhere, their end finds nothing to write to. */
  stopRunsOf(chatId: string): void {
    for (const run of this.live.keys()) if (run.chatId === chatId) run.stop('cancelled');
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
  async continueRun(context: RunContext, orphan: OrphanRun, mayContinue: boolean): Promise<void> {
    const isFull = this.live.size >= this.options.limits.liveRuns;
    if (this.stopping || (isFull && mayContinue) || this.held.has(orphan.id)) return;
    const taking = this.takeOver(context, orphan, mayContinue);
    this.trackPending(taking);
    await taking;
  }

  /** Takes no asks from now on. */
  onModuleDestroy(): void {
    this.stopping = true;
  }

  /** Lets the runs work on for a while, hands the others over, and gives the leases back. */
  async beforeApplicationShutdown(): Promise<void> {
    await withDeadline(() => this.ended(), { ms: this.options.shutdownGraceMs }).catch(() => undefined);
    for (const [run, { store }] of this.live) run.stop(store.isHandedOver ? 'released' : 'interrupted');
    await withDeadline(() => this.ended(), { ms: STOP_TIMEOUT_MS }).catch(() => {
      this.logger.warn(`${this.live.size} runs could not be stored in time; another instance recovers them.`);
    });
    this.logs.stop();
    this.followers.releaseReaders();
    await withDeadline(() => this.leases.release(), { ms: RELEASE_TIMEOUT_MS }).catch(() => undefined);
  }

  private async takeOver(context: RunContext, { id: runId, fence }: OrphanRun, mayContinue: boolean): Promise<void> {
    const { store, chat, defaults } = context;
    this.held.add(runId);
    this.unstored.delete(runId);
    let isWorking = false;
    try {
      if (store.leases) await this.leases.hold(store.leases);
      const begun = await store.takeOver({ runId, fence, instanceId: this.instanceId, mayContinue });
      if (begun !== undefined) {
        const { options, requestId } = begun.resumed ?? {};
        const start = { chat, defaults, user: null, settings: {}, scope: options?.scope };
        const named = { ...start, requestId: requestId ?? undefined };
        this.startWork({ store, begun, start: named, userMessageId: null, ...resumedRun(begun) }, [runId]);
        isWorking = true;
      }
    } catch (error) {
      if (mayContinue) this.unstored.add(runId);
      throw error;
    } finally {
      if (!isWorking) this.held.delete(runId);
    }
    if (!isWorking) await this.beginNext(context);
  }

  private async beginOrJoin(store: RunStore, start: StartRun): Promise<RunHandle> {
    const { idempotencyKey: key, answerSchema } = start;
    const requestKey = key === undefined ? null : { key, requestHash: requestHash(start) };
    // Without a question the history decides, in which a request that was answered finds nothing left to do.
    const known = requestKey && start.user === null ? await this.join(store, start, requestKey) : undefined;
    if (known) return known;
    try {
      const live = await this.begin({ store, start, requestKey });
      return new RunHandle(live.id, live.chatId, store, this.followers, { live, answerSchema });
    } catch (error) {
      const joined = isRefusal(error) && requestKey ? await this.join(store, start, requestKey) : undefined;
      if (joined) return joined;
      const policy = whatToDo(error, start, this.options.whenBusy);
      if (policy === 'reject') throw error;
      return this.enqueueOrJoin({ store, start, requestKey }, policy === 'interrupt');
    }
  }

  private async enqueueOrJoin({ store, start, requestKey = null }: Beginning, isFirst: boolean): Promise<RunHandle> {
    const { chat, defaults, answerSchema, signal } = start;
    try {
      const runId = await this.queue.enqueue({ store, start, requestKey }, isFirst);
      const handle = new RunHandle(runId, chat.id, store, this.followers, { isQueued: true, answerSchema });
      if (signal) this.cancelOnAbort({ store, chat, defaults }, handle, signal);
      return handle;
    } catch (error) {
      const joined = isRefusal(error) && requestKey ? await this.join(store, start, requestKey) : undefined;
      if (joined) return joined;
      throw error;
    }
  }

  /**
   * The run of an earlier request with the key.
   * @throws IdempotencyKeyReusedError
   */
  private async join(
    store: RunStore,
    start: StartRun,
    { key, requestHash }: RequestKey,
  ): Promise<RunHandle | undefined> {
    const known = await store.findKey(key);
    if (known === undefined) return undefined;
    const { runId } = known;
    if (known.requestHash !== requestHash) throw new IdempotencyKeyReusedError(runId);
    const live = this.followers.liveRun(runId);
    const { answerSchema } = start;
    return new RunHandle(runId, start.chat.id, store, this.followers, { live, isReplayed: true, answerSchema });
  }

  private async begin({ store, start, requestKey = null, queued }: Beginning): Promise<LiveRun> {
    this.mustTakeAsks();
    await this.checkFiles(store, start);
    if (store.leases) await this.leases.hold(store.leases);
    const held: string[] = [];
    const hold = (runId: string): boolean => {
      if (this.held.has(runId)) return false;
      held.push(runId);
      this.held.add(runId);
      return true;
    };
    const runId = queued?.id ?? uuidv7();
    const attemptId = start.scope === 'tools' ? null : uuidv7();
    const user = queued === undefined ? start.user && { id: uuidv7(), parts: start.user } : queued.user;
    hold(runId);
    try {
      const begun = await store.begin({
        runId,
        requestKey,
        isQueued: queued !== undefined,
        attemptId,
        instanceId: store.leases ? this.instanceId : null,
        requestId: start.requestId ?? null,
        user,
        model: start.model ?? null,
        tools: start.tools ?? null,
        options: runInput(start),
        settings: start.settings,
        maxOwnerRuns: this.options.limits.ownerRuns,
        check: beginCheck(store, start),
        claim: (parkedId) => {
          if (start.scope !== 'generate') return hold(parkedId);
          throw new PendingToolCallsError(start.chat.id, 'Approve or deny each of them, and call runTools() first.');
        },
      });
      const userMessageId = user?.id ?? null;
      if (begun.resumed) return this.startWork({ store, begun, start, userMessageId, ...resumedRun(begun) }, held);
      // A queued run has told its followers that it waits.
      const run = new LiveRun(begun.runId, begun.chatId, queued === undefined ? 0 : 1);
      return this.startWork({ store, begun, start, attemptId, userMessageId, run }, held);
    } catch (error) {
      this.releaseHold(held);
      throw error;
    }
  }

  /** @throws ServerBusyError */
  private mustNotStop(): void {
    if (!this.stopping) return;
    throw new ServerBusyError('The server is stopping and takes no new asks. Ask again in a moment.', RETRY_LATER);
  }

  /** @throws ServerBusyError */
  private mustTakeAsks(): void {
    this.mustNotStop();
    const { liveRuns } = this.options.limits;
    if (this.live.size < liveRuns) return;
    throw new ServerBusyError(
      `The server works ${liveRuns} runs, which is its limit. Ask again in a moment.`,
      RETRY_LATER,
    );
  }

  /** @throws ValidationError for a file that the model of this run does not take */
  private async checkFiles(store: RunStore, { user, model, settings }: StartRun): Promise<void> {
    const files = user?.filter((part) => part.type === 'file') ?? [];
    if (files.length === 0) return;
    checkFilesFor(this.models.get(model ?? settings.model ?? (await store.chatModel())), files);
  }

  private startWork(work: RunWork, held: string[]): LiveRun {
    const { run, start, store } = work;
    this.live.set(run, work);
    this.followers.add(run);
    this.queue.begun(run);
    const unlink = onAbort(start.signal, () => {
      run.stop('cancelled');
    });
    const working = this.worker.work(work).finally(() => {
      unlink();
      this.live.delete(run);
      this.followers.remove(run);
    });
    // Before any other listener of the end: a parked run may continue at once.
    void run.result.then(() => {
      this.releaseHold(held);
    });
    this.trackPending(
      working.then(({ isStored, hasQueued, isToBeCancelled }) => {
        const context = { store, chat: start.chat, defaults: start.defaults };
        if (!isStored) this.unstored.add(run.id);
        if (isToBeCancelled) this.background(this.cancel(context, run.id), NOT_CANCELLED);
        else this.background(this.queue.follow(context, hasQueued));
      }),
    );
    return run;
  }

  private cancelOnAbort(context: RunContext, run: RunHandle, signal: AbortSignal): void {
    const unlink = onAbort(signal, () => {
      this.background(this.cancel(context, run.id), NOT_CANCELLED);
    });
    run.result().then(unlink, unlink);
  }

  private releaseHold(held: readonly string[]): void {
    for (const runId of held) this.held.delete(runId);
  }

  /** Work without a caller: the next sweep repeats it. */
  private background(work: Promise<unknown>, failure = NOT_BEGUN): void {
    this.trackPending(
      work.catch((error: unknown) => {
        if (!this.stopping) this.logger.warn(`${failure}: ${safeError(error).message}`);
      }),
    );
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

/** The live run of a run that continues, and its open attempt. */
function resumedRun({ runId, chatId, resumed }: BegunRun): Pick<RunWork, 'run' | 'attemptId'> {
  const { nextIndex, attemptId = null } = resumed ?? {};
  return { run: new LiveRun(runId, chatId, nextIndex, true), attemptId };
}

/** Whether a request with a key may have been refused because of an earlier one with the same key. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof KeyTakenError ||
    error instanceof ChatBusyError ||
    error instanceof PendingToolCallsError ||
    error instanceof QueueFullError ||
    error instanceof TooManyRunsError ||
    error instanceof ServerBusyError
  );
}

/**
 * What to do with an ask that was refused. A completion is how a parked run continues, so it does not wait for the end of
 * that run unless the call itself says so; the verbs that take a chat a step further never wait.
 */
function whatToDo(error: unknown, { user, scope = 'answer', ...start }: StartRun, byModule: WhenBusy): WhenBusy {
  if (scope !== 'answer') return 'reject';
  const isParked = error instanceof PendingToolCallsError;
  if (!isParked && !(error instanceof ChatBusyError)) return 'reject';
  const byDefault = isParked && user === null ? 'reject' : (start.whenBusyOfKind ?? byModule);
  return start.whenBusy ?? byDefault;
}

/** Calls the listener once the signal aborts, or has aborted, until the returned function is called. */
function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted) listener();
  signal?.addEventListener('abort', listener, { once: true });
  return () => {
    signal?.removeEventListener('abort', listener);
  };
}
