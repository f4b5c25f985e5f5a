import { type Problem } from '../errors/problem.js';
import { type MessageRecord } from '../messages/message.interface.js';
import { type BeginRun, type BegunRun } from './begin-run.interface.js';
import { type ReleaseRun, type TakeOverRun } from './continue-run.interface.js';
import { type LeaseStore } from './lease-store.interface.js';
import { type Enqueued, type EnqueueRun, type QueuedRun } from './queued-run.interface.js';
import { type Cancellation, type FinishedRun, type FinishRun } from './run-end.interface.js';
import { type KeyedRun } from './request-key.interface.js';
import { type RunLog } from './run-log.interface.js';
import {
  type RejectedPart,
  type RetryAttempt,
  type RunKey,
  type StoredToolCall,
  type StoreProgress,
  type StoreStep,
} from './run-progress.interface.js';
import { type RunListOptions, type RunRecord } from './run-record.interface.js';
import { type StoredRun } from './stored-run.interface.js';

/** Where the runs of one chat are kept. */
export interface RunStore {
  /** `undefined` where runs die with the process. */
  readonly leases: LeaseStore | undefined;
  /** `undefined` where no process could read it later. */
  readonly log: RunLog | undefined;
  /** Whether a stopping process hands its runs over; if not, they end as interrupted. */
  readonly isHandedOver: boolean;
  /**
   * The Duo id of the chat's own model.
   * @throws ChatNotFoundError, DatabaseUnavailableError
   */
  chatModel(): Promise<string>;
  /**
   * Stores the user's message, the run and its first attempt, and reads the history, atomically. While a run is parked,
   * an ask is refused, and a completion continues that run.
   * @throws ValidationError by `check`, ChatNotFoundError, ChatBusyError (also while runs of the chat are queued), ChatLockedError,
   *   PendingToolCallsError, TooManyRunsError, KeyTakenError, MessageIdTakenError,
   *   DatabaseUnavailableError
   */
  begin(run: BeginRun): Promise<BegunRun>;
  /** The calls of a message that have no result yet, in order. */
  openCalls(messageId: string): Promise<StoredToolCall[]>;
  /** Stores a retry before its request is sent. */
  retry(retry: RetryAttempt): Promise<void>;
  /**
   * Stores a message with its calls, before any of them runs; safe to call again with the same arguments.
   * @throws ChatNotFoundError, RunLostError
   */
  storeStep(step: StoreStep): Promise<MessageRecord>;
  /**
   * Stores what happened while tools ran; safe to call again with the same arguments.
   * @returns the results as stored
   * @throws ChatNotFoundError, RunLostError
   */
  storeProgress(progress: StoreProgress): Promise<MessageRecord[]>;
  /** Stores parts that a vendor has refused, with what it said; nothing where another instance has taken the run over. */
  rejectParts(run: RunKey, rejected: readonly RejectedPart[]): Promise<void>;
  /**
   * Stores the run's end; safe to call again with the same arguments.
   * @throws ChatNotFoundError when the chat was deleted meanwhile, RunLostError when another instance has taken the run over
   */
  finish(run: FinishRun): Promise<FinishedRun>;
  /** @throws ChatNotFoundError, RunNotFoundError */
  find(runId: string): Promise<StoredRun>;
  /**
   * Newest first; `limit` has been checked.
   * @throws ChatNotFoundError
   */
  list(options: RunListOptions & { limit: number }): Promise<RunRecord[]>;
  /**
   * The active run of the chat, else the first one that is queued.
   * @throws ChatNotFoundError
   */
  active(): Promise<Pick<RunRecord, 'id' | 'status'> | undefined>;
  /**
   * The id of the run that the message with a client's own id began, or will begin; `null` where no run did.
   * @returns `undefined` where the chat has no such message
   */
  findMessageRun(externalId: string): Promise<string | null | undefined>;
  /** The run of a request that was made before with this key. */
  findKey(key: string): Promise<KeyedRun | undefined>;
  /**
   * Stores a run that waits for its turn, with the event that says so.
   * @throws ChatNotFoundError, QueueFullError, TooManyRunsError, KeyTakenError, MessageIdTakenError
   */
  enqueue(run: EnqueueRun): Promise<Enqueued>;
  /** The queued run that begins next. */
  firstQueued(): Promise<QueuedRun | undefined>;
  /** Ends a queued run that cannot begin. */
  failQueued(runId: string, problem: Problem): Promise<void>;
  /**
   * Cancels a queued or parked run, or tells the instance that works it. Safe to call again; nothing happens to a run that
   * has ended.
   * @param reason what the calls of a parked run are denied with
   * @throws ChatNotFoundError, RunNotFoundError
   */
  cancel(runId: string, reason: string): Promise<Cancellation>;
  /** Continues a run that lost its instance; `undefined` where it has ended, or another instance has it. */
  takeOver(run: TakeOverRun): Promise<BegunRun | undefined>;
  /** Gives a run back to be continued elsewhere. */
  release(run: ReleaseRun): Promise<void>;
}
