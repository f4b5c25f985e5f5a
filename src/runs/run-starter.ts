import { Inject, Injectable } from '@nestjs/common';
import { DeadlineError, within } from '../async/deadline.js';
import { onAbort } from '../async/on-abort.js';
import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { DatabaseUnavailableError } from '../errors/chat.errors.js';
import { IdempotencyKeyReusedError, MessageIdTakenError } from '../errors/run.errors.js';
import { OpenWork } from './open-work.js';
import { chooseWhenBusy, mayBeRepeated } from './refused-start.js';
import { requestHash } from './request-hash.js';
import { type RequestKey } from './request-key.interface.js';
import { type Beginning, RunBeginner } from './run-beginner.js';
import { RunCanceller } from './run-canceller.js';
import { RunFollowers } from './run-followers.service.js';
import { RunHandle } from './run-handle.js';
import { type RunContext } from './run-kinds.js';
import { RunQueue } from './run-queue.js';
import { type StartRun } from './run-request.js';
import { type RunStore } from './run-store.interface.js';

const BEGIN_TIMEOUT_MS = 15_000;

/** Lets an ask have its run: a new one, that of an earlier request with the same key, or a queued one. */
@Injectable()
export class RunStarter {
  /** The last request with each key of a chat, while it is under way: the next one waits until its key is stored. */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly beginner: RunBeginner,
    private readonly queue: RunQueue,
    private readonly canceller: RunCanceller,
    private readonly followers: RunFollowers,
    private readonly openWork: OpenWork,
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * @throws DatabaseUnavailableError after 15 s, IdempotencyKeyReusedError, QueueFullError, MessageIdTakenError where the
   *   chat has the client's message already, and what a begin throws
   */
  async start(store: RunStore, start: StartRun): Promise<RunHandle> {
    const { idempotencyKey: key, chat } = start;
    const begin = (): Promise<RunHandle> => this.beginOrJoin(store, start);
    const beginning = key === undefined ? begin() : this.inTurn(`${chat.id} ${key}`, begin);
    this.openWork.track(beginning);
    try {
      return await within(beginning, BEGIN_TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      beginning.then(
        (run) => {
          const { chat, defaults } = start;
          if (!run.isReplayed) this.canceller.cancel({ store, chat, defaults }, run.id).catch(() => undefined);
        },
        () => undefined,
      );
      throw new DatabaseUnavailableError(
        'The database did not answer in time, or had no connection to spare. Ask again.',
      );
    }
  }

  private inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.turns.get(id);
    const turn = before === undefined ? work() : before.then(work, work);
    this.turns.set(id, turn);
    const leave = (): void => {
      if (this.turns.get(id) === turn) this.turns.delete(id);
    };
    turn.then(leave, leave);
    return turn;
  }

  private async beginOrJoin(store: RunStore, start: StartRun): Promise<RunHandle> {
    const { idempotencyKey: key, answerSchema } = start;
    const requestKey = key === undefined ? null : { key, requestHash: requestHash(start) };
    // Without a question the history decides, in which a request that was answered finds nothing left to do.
    const known =
      requestKey && start.user === null && !start.revision ? await this.join(store, start, requestKey) : undefined;
    if (known) return known;
    try {
      const live = await this.beginner.begin({ store, start, requestKey });
      return new RunHandle(live.id, live.chatId, store, this.followers, { live, answerSchema });
    } catch (error) {
      const joined = mayBeRepeated(error) && requestKey ? await this.join(store, start, requestKey) : undefined;
      if (joined) return joined;
      await mustBeNewMessage(store, start, error);
      const whenBusy = chooseWhenBusy(error, start, this.options.whenBusy);
      if (whenBusy === 'reject') throw error;
      return this.enqueueOrJoin({ store, start, requestKey }, whenBusy === 'interrupt');
    }
  }

  private async enqueueOrJoin({ store, start, requestKey = null }: Beginning, isFirst: boolean): Promise<RunHandle> {
    const { chat, defaults, answerSchema, signal } = start;
    const context = { store, chat, defaults };
    try {
      const { runId, activeRunId } = await this.queue.enqueue({ store, start, requestKey }, isFirst);
      if (isFirst && activeRunId !== null) await this.canceller.interrupt(context, activeRunId);
      const handle = new RunHandle(runId, chat.id, store, this.followers, { isQueued: true, answerSchema });
      if (signal) this.cancelOnAbort(context, handle, signal);
      return handle;
    } catch (error) {
      const joined = mayBeRepeated(error) && requestKey ? await this.join(store, start, requestKey) : undefined;
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

  private cancelOnAbort(context: RunContext, run: RunHandle, signal: AbortSignal): void {
    const unlink = onAbort(signal, () => {
      this.canceller.cancelInBackground(context, run.id);
    });
    run.result().then(unlink, unlink);
  }
}

/**
 * A refusal may be because of the run that the same message began.
 * @throws MessageIdTakenError
 */
async function mustBeNewMessage(
  store: RunStore,
  { messageExternalId: id, revision }: StartRun,
  refusal: unknown,
): Promise<void> {
  // The message that an edit replaces may have the id.
  const runId = id !== undefined && !revision && mayBeRepeated(refusal) ? await store.findMessageRun(id) : undefined;
  if (id !== undefined && runId !== undefined) throw new MessageIdTakenError(id, runId);
}
