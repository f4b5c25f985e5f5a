import { type Problem } from '../../errors/problem.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type BeginRun, type BegunRun } from '../../runs/begin-run.interface.js';
import { type ReleaseRun, type TakeOverRun } from '../../runs/continue-run.interface.js';
import { type LeaseStore } from '../../runs/lease-store.interface.js';
import { type Enqueued, type EnqueueRun, type QueuedRun } from '../../runs/queued-run.interface.js';
import { type KeyedRun } from '../../runs/request-key.interface.js';
import { type Cancellation, type FinishedRun, type FinishRun } from '../../runs/run-end.interface.js';
import { type RunLog } from '../../runs/run-log.interface.js';
import {
  type RejectedPart,
  type RetryAttempt,
  type RunKey,
  type StoredToolCall,
  type StoreProgress,
  type StoreStep,
} from '../../runs/run-progress.interface.js';
import { type RunListOptions, type RunRecord } from '../../runs/run-record.interface.js';
import { type RunStore } from '../../runs/run-store.interface.js';
import { type StoredRun } from '../../runs/stored-run.interface.js';
import { beginRun } from './begin-run.js';
import { cancelRun } from './cancel-run.js';
import { onDatabase } from './database-error.js';
import { enqueueRun } from './enqueue-run.js';
import { failQueued } from './fail-queued.js';
import { findKey } from './find-key.js';
import { findMessageRun } from './find-message-run.js';
import { finishRun } from './finish-run.js';
import { readFirstQueued } from './first-queued.js';
import { type InstanceStore } from './instance-stores.service.js';
import { type KindDatabase } from './kind-database.js';
import { readChatModel } from './read-chat.js';
import { readActiveOrQueued, readRun, readRuns } from './read-run.js';
import { rejectParts } from './reject-parts.js';
import { releaseRun } from './release-run.js';
import { saveRetry } from './save-attempt.js';
import { saveProgress } from './save-progress.js';
import { saveStep } from './save-step.js';
import { takeOver } from './take-over.js';
import { readOpenCalls } from './tool-calls.js';

/** The runs of one chat, for the owner who asks. Each ask and each follower has its own. */
export class ChatRuns implements RunStore {
  constructor(
    private readonly database: KindDatabase,
    private readonly instance: InstanceStore,
    private readonly chatId: string,
    private readonly ownerId: string | null,
  ) {}

  get leases(): LeaseStore {
    return this.instance.leases;
  }

  get log(): RunLog {
    return this.instance.log;
  }

  get isHandedOver(): boolean {
    return this.database.recovery === 'takeover';
  }

  chatModel(): Promise<string> {
    return this.on(() => readChatModel(this.database, this.chatId, this.ownerId));
  }

  begin(run: BeginRun): Promise<BegunRun> {
    return this.on(() => beginRun(this.database, this.chatId, this.ownerId, run));
  }

  openCalls(messageId: string): Promise<StoredToolCall[]> {
    return this.on(() => readOpenCalls(this.database, messageId));
  }

  retry(retry: RetryAttempt): Promise<void> {
    return this.on(() => saveRetry(this.database, retry));
  }

  storeStep(step: StoreStep): Promise<MessageRecord> {
    return this.on(() => saveStep(this.database, step));
  }

  storeProgress(progress: StoreProgress): Promise<MessageRecord[]> {
    return this.on(() => saveProgress(this.database, progress));
  }

  rejectParts(run: RunKey, rejected: readonly RejectedPart[]): Promise<void> {
    return this.on(() => rejectParts(this.database, run, rejected));
  }

  finish(run: FinishRun): Promise<FinishedRun> {
    return this.on(() => finishRun(this.database, run));
  }

  find(runId: string): Promise<StoredRun> {
    return this.on(() => readRun(this.database, this.chatId, this.ownerId, runId));
  }

  list(options: RunListOptions & { limit: number }): Promise<RunRecord[]> {
    return this.on(() => readRuns(this.database, this.chatId, this.ownerId, options));
  }

  active(): Promise<Pick<RunRecord, 'id' | 'status'> | undefined> {
    return this.on(() => readActiveOrQueued(this.database, this.chatId, this.ownerId));
  }

  findKey(key: string): Promise<KeyedRun | undefined> {
    return this.on(() => findKey(this.database, this.chatId, this.ownerId, key));
  }

  findMessageRun(externalId: string): Promise<string | null | undefined> {
    return this.on(() => findMessageRun(this.database, this.chatId, externalId));
  }

  enqueue(run: EnqueueRun): Promise<Enqueued> {
    return this.on(() => enqueueRun(this.database, this.chatId, this.ownerId, run));
  }

  firstQueued(): Promise<QueuedRun | undefined> {
    return this.on(() => readFirstQueued(this.database, this.chatId, this.ownerId));
  }

  failQueued(runId: string, problem: Problem): Promise<void> {
    return this.on(() => failQueued(this.database, this.chatId, runId, problem));
  }

  cancel(runId: string, reason: string): Promise<Cancellation> {
    return this.on(() => cancelRun(this.database, this.chatId, this.ownerId, runId, reason));
  }

  takeOver(run: TakeOverRun): Promise<BegunRun | undefined> {
    return this.on(() => takeOver(this.database, this.chatId, this.ownerId, run));
  }

  release(run: ReleaseRun): Promise<void> {
    return this.on(() => releaseRun(this.database, run));
  }

  private on<T>(work: () => Promise<T>): Promise<T> {
    return onDatabase(work, this.chatId);
  }
}
