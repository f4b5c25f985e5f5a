import { Inject, Injectable } from '@nestjs/common';
import { newId } from '../messages/new-id.js';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { ChatBusyError, DatabaseUnavailableError, PendingToolCallsError } from '../errors/chat.errors.js';
import { toProblem } from '../errors/problem.js';
import { ServerBusyError } from '../errors/request.errors.js';
import { RunNotFoundError } from '../errors/run.errors.js';
import { FailedRuns } from './failed-runs.js';
import { HeldRuns } from './held-runs.js';
import { OpenWork } from './open-work.js';
import { type QueuedRun } from './queued-run.interface.js';
import { queuedStart } from './queued-start.js';
import { type Beginning, RunBeginner } from './run-beginner.js';
import { RunFollowers } from './run-followers.service.js';
import { type RunContext } from './run-kinds.js';
import { runInput } from './run-options.js';
import { newUserMessage } from './run-request.js';
import { type RunStore } from './run-store.interface.js';

/** What the log says of work without a caller that failed. */
const NOT_BEGUN = 'A queued run did not begin';

/** The runs that wait for their turn. */
@Injectable()
export class RunQueue {
  /** Chats whose queue has grown here: the end of a run may have been stored without knowing of that. */
  private readonly grown = new Set<string>();

  constructor(
    private readonly beginner: RunBeginner,
    private readonly runs: HeldRuns,
    private readonly openWork: OpenWork,
    private readonly followers: RunFollowers,
    private readonly failedRuns: FailedRuns,
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Queues a run; it begins as soon as the chat is free.
   * @param isFirst whether it goes before all others
   * @returns the ids of the run, and of the active run that it waits for
   * @throws ChatNotFoundError, QueueFullError, TooManyRunsError, KeyTakenError
   */
  async enqueue(
    { store, start, requestKey = null }: Beginning,
    isFirst: boolean,
  ): Promise<{ runId: string; activeRunId: string | null }> {
    const { chat, defaults, model = null, tools = null, settings, revision, requestId = null } = start;
    const { queuedRuns, ownerRuns } = this.options.limits;
    const runId = newId();
    const user = newUserMessage(start);
    this.grown.add(chat.id);
    const { activeRunId } = await store.enqueue({
      runId,
      requestKey,
      model,
      tools,
      input: { ...runInput(start), queued: { user, model, settings, requestId, ...(revision && { revision }) } },
      isFirst,
      maxQueued: queuedRuns,
      maxOwnerRuns: ownerRuns,
    });
    if (activeRunId === null) this.beginNextInBackground({ store, chat, defaults });
    return { runId, activeRunId };
  }

  /** Begins the queued run of a chat that is next, unless the chat is still busy; one that cannot begin ends as failed. */
  async beginNext(context: RunContext): Promise<void> {
    const { store, chat } = context;
    for (;;) {
      const queued = await store.firstQueued();
      if (queued === undefined) this.grown.delete(chat.id);
      if (queued === undefined || this.runs.isHeld(queued.id)) return;
      // A chat in memory has no other process to begin it: there it ends as failed.
      if (this.openWork.isStopping && store.leases !== undefined) return;
      if (await this.beginQueued(context, queued)) return;
    }
  }

  beginNextInBackground(context: RunContext): void {
    this.openWork.background(this.beginNext(context), NOT_BEGUN);
  }

  /**
   * Begins what waited for a run that has ended here.
   * @param hasQueued whether runs waited as of the run's end
   */
  handleEnd(context: RunContext, hasQueued: boolean): void {
    if (hasQueued || this.grown.has(context.chat.id)) this.beginNextInBackground(context);
  }

  /** Whether nothing more is to be done for now. */
  private async beginQueued(context: RunContext, queued: QueuedRun): Promise<boolean> {
    const { store } = context;
    const start = queuedStart(context, queued);
    try {
      await this.beginner.begin({ store, start, queued: { id: queued.id, user: queued.input.queued?.user ?? null } });
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
