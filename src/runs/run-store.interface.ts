import {
  type FinishReason,
  type MessageRecord,
  type MessageStatus,
  type ModelMessage,
  type Role,
  type Usage,
} from '../messages/message.interface.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type ModelParams, type ParamChanges } from '../messages/model-request.interface.js';
import { type Part, type ToolResultPart } from '../messages/part.interface.js';
import { type ToolCallStatus } from '../messages/tool-call.interface.js';
import { type AttemptOutcome } from '../router/attempt.interface.js';
import { type CallResult, type NewCall, type PendingToolCall } from '../turn/turn.interface.js';
import { type FinalState } from './final-events.js';
import { type RunLog, type UnloggedEvents } from './run-log.interface.js';
import { type RunOptions } from './run-options.js';

/** Tools that are added to those of a chat. */
export interface AddedTools {
  /** The tools of the chat where it stores none, by name: those of its agent or kind. */
  base: readonly string[];
  added: readonly string[];
}

/** The settings that a chat stores together with a run. */
export interface ChatSettings {
  model?: string;
  params?: ParamChanges;
  /** Stored as a system message, which replaces the ones before it. */
  instructions?: string;
  /** The names of the tools that the chat offers instead of those before, none where it is empty; or those to add. */
  tools?: readonly string[] | AddedTools;
}

/** A run that is about to begin. */
export interface BeginRun {
  runId: string;
  /** The first attempt; `null` where the model may not be asked. */
  attemptId: string | null;
  /** The instance whose lease holds the run; `null` where runs die with the process. */
  instanceId: string | null;
  /** Of the request that asked, for the ledger. */
  requestId: string | null;
  /** What the user says; `null` answers the last user message again. */
  user: { id: string; parts: Part[] } | null;
  /** The model of this run alone. */
  model: string | null;
  /** The names of the tools of this run alone. */
  tools: readonly string[] | null;
  /** What else holds for this run alone; of a parked one it is kept. */
  options: RunOptions | null;
  settings: ChatSettings;
  /**
   * Looks at the history of a run in which the user says nothing new, before anything is written of it: rejects with a
   * ValidationError where there is nothing for the run to do. `null` where any history will do.
   */
  check: ((history: readonly HistoryMessage[]) => Promise<void>) | null;
  /** Claims a parked run that continues instead of a new run; `false` if this process has claimed it already. */
  claim(runId: string): boolean;
}

/** A message of the history, as far as a run needs it. */
export interface HistoryMessage extends ModelMessage {
  id: string;
  seq: number;
  role: Role;
  status: MessageStatus;
  finishReason?: FinishReason | null;
}

/** What a run did before it was parked. */
export interface ResumeState {
  /** The index of its next event. */
  nextIndex: number;
  /** How many requests to the model it has made. */
  steps: number;
  /** What they cost. */
  spent: Usage;
  /** What it was asked with, and over that what this begin gives. */
  options: RunOptions | null;
  /** The calls of its last message that have no result, where the begin has read them. */
  openCalls?: readonly StoredToolCall[];
}

/** A run that has begun, with what it works on. */
export interface BegunRun {
  /** The id of the new run, or of the parked run that continues. */
  runId: string;
  chatId: string;
  /** Whose chat it is, and whose credential pays. */
  ownerId: string | null;
  /** Grows when another instance takes the run over, whose end is then the only one that counts. */
  fence: number;
  model: string;
  params: ModelParams;
  /** The names of the tools that the run, or else the chat, offers; `null` where neither says so. */
  tools: readonly string[] | null;
  /** The name of the agent that the chat belongs to, where it does to one, and what that was given. */
  agent: string | null;
  agentInputs: JsonObject | null;
  /** The whole history in order, the new messages included. */
  history: HistoryMessage[];
  /** Set for a parked run that continues: it has no attempt yet, and the settings of this begin are not stored. */
  resumed?: ResumeState;
}

/** The message that a run ends with. */
export interface AnswerDraft {
  id: string;
  status: MessageStatus;
  text: string;
  parts: Part[];
  model: string;
  finishReason: FinishReason | null;
  finishDetail: JsonObject | null;
  createdAt: string;
}

/** An attempt and how it ended. */
export interface EndedAttempt {
  id: string;
  outcome: AttemptOutcome;
}

/** Which run writes; another instance that has taken it over has moved its fence. */
export interface RunKey {
  runId: string;
  chatId: string;
  fence: number;
}

/** A message with calls of tools, in the middle of a run. */
export interface StoreStep extends RunKey {
  message: AnswerDraft;
  /** Of the message; see `ModelMessage`. */
  prefixDigest: string | null;
  calls: readonly NewCall[];
  attempt: EndedAttempt;
  /** Messages that it replaces. */
  supersedes: string[];
}

/** The result of a call, as a message. */
export interface ResultDraft {
  /** Of the message. */
  id: string;
  /** The id of the call. */
  toolCallId: string;
  status: CallResult['status'];
  part: ToolResultPart;
  createdAt: string;
}

/** A part of a stored message that a vendor has refused, as it is from now on. */
export interface RejectedPart {
  messageId: string;
  /** Among the parts of the message. */
  index: number;
  part: Part;
}

/** What happened at once while tools ran. */
export interface StoreProgress extends RunKey {
  results: readonly ResultDraft[];
  /** Calls without a result that are now in another state. */
  moved: readonly { id: string; status: ToolCallStatus }[];
  /** The first attempt of the next step, if it begins now. */
  next: { id: string; step: number; requestId: string | null } | null;
}

/** A run at its end, or as it is parked. */
export interface FinishRun extends FinalState, RunKey {
  answer: AnswerDraft | null;
  /** Of the answer; see `ModelMessage`. */
  prefixDigest: string | null;
  /** The run's last attempt, where it is not stored yet how that ended. */
  attempt: EndedAttempt | null;
  /** Goes into the log, and `endEvents` after it. */
  unlogged: UnloggedEvents;
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

/** A call without a result, as it is stored. */
export type StoredToolCall = Omit<PendingToolCall, 'part'>;

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
  /** `undefined` where no process could read it later. */
  readonly log: RunLog | undefined;
  /**
   * The Duo id of the chat's own model.
   * @throws ChatNotFoundError, DatabaseUnavailableError
   */
  chatModel(): Promise<string>;
  /**
   * Stores the user's message, the run and its first attempt, and reads the history, atomically. While a run is parked,
   * an ask is refused, and a completion continues that run.
   * @throws ValidationError by `check`, ChatNotFoundError, ChatBusyError, ChatLockedError, PendingToolCallsError, DatabaseUnavailableError
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
   * @returns the answer as stored, `null` when there was none to store
   * @throws ChatNotFoundError when the chat was deleted meanwhile, RunLostError when another instance has taken the run over
   */
  finish(run: FinishRun): Promise<MessageRecord | null>;
}
