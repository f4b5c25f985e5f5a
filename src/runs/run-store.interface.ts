import { type Problem } from '../errors/problem.js';
import {
  type FinishReason,
  type MessageRecord,
  type MessageStatus,
  type ModelMessage,
  type Role,
} from '../messages/message.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type Part } from '../messages/part.interface.js';
import { type AttemptOutcome } from '../router/attempt.interface.js';
import { type RunEndStatus } from './run-event.interface.js';

/** What a chat is told to keep from now on, together with a run. */
export interface ChatSettings {
  model?: string;
  /** Merged into the chat's own; `null` unsets a key. */
  params?: ModelParams;
  /** Stored as a system message, which replaces the ones before it. */
  instructions?: string;
}

/** A run that is about to begin. */
export interface BeginRun {
  runId: string;
  attemptId: string;
  /** The instance whose lease holds the run; `null` where runs die with the process. */
  instanceId: string | null;
  /** What the user says; `null` answers the last user message again. */
  user: { id: string; parts: Part[] } | null;
  /** The model of this run alone. */
  model: string | null;
  settings: ChatSettings;
}

/** A message of the history, as far as a run needs it. */
export interface HistoryMessage extends ModelMessage {
  id: string;
  seq: number;
  role: Role;
  status: MessageStatus;
}

/** A run that has begun, with what it works on. */
export interface BegunRun {
  chatId: string;
  /** Whose chat it is, and whose credential pays. */
  ownerId: string | null;
  /** Grows when another instance takes the run over, whose end is then the only one that counts. */
  fence: number;
  model: string;
  params: ModelParams;
  /** The whole history in order, the new messages included. */
  history: HistoryMessage[];
}

/** The message that a run ends with. */
export interface AnswerDraft {
  id: string;
  status: MessageStatus;
  text: string;
  parts: Part[];
  model: string;
  finishReason: FinishReason | null;
  createdAt: string;
}

/** A run at its end. */
export interface FinishRun {
  runId: string;
  chatId: string;
  fence: number;
  status: RunEndStatus;
  answer: AnswerDraft | null;
  /** The run's last attempt. */
  attemptId: string;
  attempt: AttemptOutcome;
  error: Problem | null;
  /** Messages that the answer replaces: they are kept, and no longer replayed. */
  supersedes: string[];
}

/** A retry: how an attempt ended, and the one that is about to leave. */
export interface RetryAttempt {
  endedId: string;
  ended: AttemptOutcome;
  nextId: string;
  nextNumber: number;
}

/** Keeps the lease of a server instance; times are those of the store's own clock. */
export interface LeaseStore {
  /** Takes or renews the lease of the instance for `ttlMs`. */
  renew(instanceId: string, ttlMs: number): Promise<void>;
  release(instanceId: string): Promise<void>;
}

/** Where the runs of one chat are kept. */
export interface RunStore {
  /** `undefined` where runs die with the process. */
  readonly leases: LeaseStore | undefined;
  /**
   * Stores the user's message, the run and its first attempt, and reads the history, at once or not at all.
   * @throws ChatNotFoundError, ChatBusyError, ChatLockedError, DatabaseUnavailableError, ValidationError
   */
  begin(run: BeginRun): Promise<BegunRun>;
  /** Writes down a retry before its request leaves. */
  retry(retry: RetryAttempt): Promise<void>;
  /**
   * Stores the run's end; safe to call again with the same arguments.
   * @returns the answer as stored, `null` when there was none to store
   * @throws ChatNotFoundError when the chat was deleted meanwhile, RunLostError when another instance has taken the run over
   */
  finish(run: FinishRun): Promise<MessageRecord | null>;
}
