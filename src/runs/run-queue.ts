import { v7 as uuidv7 } from 'uuid';
import { ChatBusyError, DatabaseUnavailableError, PendingToolCallsError } from '../errors/chat.errors.js';
import { toProblem } from '../errors/problem.js';
import { ServerBusyError } from '../errors/request.errors.js';
import { RunNotFoundError } from '../errors/run.errors.js';
import { type LimitOptions } from '../config/gitlab-duo-options.interface.js';
import { type NewUserMessage } from './chat-settings.interface.js';
import { type FailedRuns } from './failed-runs.js';
import { type LiveRun } from './live-run.js';
import { queuedStart } from './queued-start.js';
import { type RunFollowers } from './run-followers.service.js';
import { type RunContext } from './run-kinds.js';
import { runInput } from './run-options.js';
import { type StartRun } from './run-request.js';
import { type QueuedRun } from './queued-run.interface.js';
import { type Cancellation } from './run-end.interface.js';
import { type RequestKey } from './request-key.interface.js';
import { type RunStore } from './run-store.interface.js';

/** A run that is about to begin, and how it came to that. */
export interface Beginning {
  store: RunStore;
  start: StartRun;
  requestKey?: RequestKey | null;
  /** Set for a run that was queued. */
  queued?: { id: string; user: NewUserMessage | null };
}

/** What the queue needs of the service that holds the runs. */
export interface RunHolder {
  readonly isStopping: boolean;
  begin(beginning: Beginning): Promise<LiveRun>;
  /** Whether this process has the run, from before its begin is sent. */
  isHeld(runId: string): boolean;
  /** Lets work without a caller run. */
  background(work: Promise<unknown>): void;
}

/** The runs that wait for their turn, and what ends the ones before them. */
export class RunQueue {
  /** Chats whose queue has grown here: the end of a run may have been stored without knowing of that. */
  private readonly grown = new Set<string>();
  /** Runs of this process that were cancelled between their begin and the first step of their work. */
  private readonly cancelled = new Set<string>();

  constructor(
    private readonly holder: RunHolder,
    private readonly followers: RunFollowers,
    private readonly failedRuns: FailedRuns,
    private readonly limits: Required<LimitOptions>,
  ) {}

  /**
   * Queues a run; it begins as soon as the chat is free.
   * @param isFirst whether it goes before all others, and cancels the active run
   * @returns the id of the run
   * @throws ChatNotFoundError, QueueFullError, TooManyRunsError, KeyTakenError
   */
  async enqueue({ store, start, requestKey = null }: Beginning, isFirst: boolean): Promise<string> {
    const { chat, defaults, model = null, tools = null, settings, requestId = null } = start;
    const runId = uuidv7();
    const user = start.user && { id: uuidv7(), parts: start.user };
    this.grown.add(chat.id);
    const { activeRunId } = await store.enqueue({
      runId,
      requestKey,
      model,
      tools,
      input: { ...runInput(start), queued: { user, model, settings, requestId } },
      isFirst,
      maxQueued: this.limits.queuedRuns,
      maxOwnerRuns: this.limits.ownerRuns,
    });
    const context = { store, chat, defaults };
    if (activeRunId === null) this.holder.background(this.beginNext(context));
    else if (isFirst) await this.cancel(context, activeRunId, 'Another ask has interrupted the run.');
    return runId;
  }

  /** Begins the queued run of a chat that is next, unless the chat is still busy; one that cannot begin ends as failed. */
  async beginNext(context: RunContext): Promise<void> {
    const { store, chat } = context;
    for (;;) {
      const queued = await store.firstQueued();
      if (queued === undefined) this.grown.delete(chat.id);
      if (queued === undefined || this.holder.isHeld(queued.id)) return;
      // A chat in memory has no other process to begin it: there it ends as failed.
      if (this.holder.isStopping && store.leases !== undefined) return;
      if (await this.beginQueued(context, queued)) return;
    }
  }

  /** What follows once a run has ended here. */
  async follow(context: RunContext, hasQueued: boolean): Promise<void> {
    if (hasQueued || this.grown.has(context.chat.id)) await this.beginNext(context);
  }

  /**
   * Cancels a run, wherever it is; one that works elsewhere ends a moment later. Does nothing to a run that has ended.
   * @throws ChatNotFoundError, RunNotFoundError
   */
  async cancel(context: RunContext, runId: string, reason: string): Promise<Cancellation> {
    const cancelled = await context.store.cancel(runId, reason);
    const live = this.followers.liveRun(runId);
    if (live) live.stop('cancelled');
    else if (this.holder.isHeld(runId) && !cancelled.hasEnded) this.cancelled.add(runId);
    const { status, hasEnded } = cancelled;
    if (hasEnded && (status === 'queued' || status === 'awaiting_approval')) {
      this.followers.refresh(runId);
      this.holder.background(this.beginNext(context));
    }
    return cancelled;
  }

  /** Stops a run that was cancelled while its begin was under way. */
  begun(run: LiveRun): void {
    if (this.cancelled.delete(run.id)) run.stop('cancelled');
  }

  /** Whether nothing more is to be done for now. */
  private async beginQueued(context: RunContext, queued: QueuedRun): Promise<boolean> {
    const { store } = context;
    const start = queuedStart(context, queued);
    try {
      await this.holder.begin({ store, start, queued: { id: queued.id, user: queued.input.queued?.user ?? null } });
      return true;
    } catch (error) {
      // It was cancelled, or begun by another instance.
      if (error instanceof RunNotFoundError) return false;
      if (isForLater(error, store)) return true;
      this.failedRuns.log({ runId: queued.id, model: start.model ?? '', requestId: start.requestId ?? null }, error);
      await store.failQueued(queued.id, toProblem(error, start.requestId));
      this.followers.refresh(queued.id);
      return false;
    }
  }
}

/** Whether a queued run that did not begin is to be tried again: no sweep would do that for a chat in memory. */
function isForLater(error: unknown, { leases }: RunStore): boolean {
  if (error instanceof ChatBusyError || error instanceof PendingToolCallsError) return true;
  return leases !== undefined && (error instanceof DatabaseUnavailableError || error instanceof ServerBusyError);
}
