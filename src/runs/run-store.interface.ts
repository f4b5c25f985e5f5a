import {
  type FinishReason,
  type MessageRecord,
  type MessageStatus,
  type ModelMessage,
  type Role,
  type Usage,
} from '../messages/message.interface.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type Part, type ToolResultPart } from '../messages/part.interface.js';
import { type ToolCallStatus } from '../messages/tool-call.interface.js';
import { type AttemptOutcome } from '../router/attempt.interface.js';
import { type CallResult, type NewCall, type PendingToolCall } from '../turn/turn.interface.js';
import { type Problem } from '../errors/problem.js';
import { type ChatSettings, type NewUserMessage } from './chat-settings.interface.js';
import { type FinalState } from './final-events.js';
import { type RunEvent, type RunStatus } from './run-event.interface.js';
import { type LeaseStore } from './lease-store.interface.js';
import { type RunInput } from './run-options.js';
import { type RunLog, type UnloggedEvents } from './run-log.interface.js';
import { type RunListOptions, type RunRecord } from './run-record.interface.js';

/** A key that makes a request happen once, with the request that it stands for. */
export interface RequestKey {
  key: string;
  /** The SHA-256 of the request in hex. */
  requestHash: string;
}

/** A run that is about to begin. */
export interface BeginRun {
  runId: string;
  /** Stored with the run that the request begins or continues. */
  requestKey: RequestKey | null;
  /** Whether the run is queued, and begins now; its row is there already. */
  isQueued: boolean;
  /** The first attempt; `null` where the model may not be asked. */
  attemptId: string | null;
  /** The instance whose lease holds the run; `null` where runs die with the process. */
  instanceId: string | null;
  /** Of the request that asked, for the ledger. */
  requestId: string | null;
  /** What the user says; `null` answers the last user message again. */
  user: NewUserMessage | null;
  /** The model of this run alone. */
  model: string | null;
  /** The names of the tools of this run alone. */
  tools: readonly string[] | null;
  /** What else holds for this run alone; of a parked one it is kept. */
  options: RunInput | null;
  settings: ChatSettings;
  /** How many running and queued runs the owner may have, this one included. */
  maxOwnerRuns: number;
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
  options: RunInput | null;
  /** The calls of its last message that have no result, where the begin has read them. */
  openCalls?: readonly StoredToolCall[];
  /** What its followers are told first; that it starts, by default. */
  events?: readonly RunEvent[];
  /** The message that it says next, where its followers have been told of that. */
  messageId?: string | null;
  /** Of the request that asked. */
  requestId?: string | null;
  /** The attempt that is in the ledger for its next request, and not counted in `steps`. */
  attemptId?: string | null;
}

/** A run that waits until the runs before it have ended. */
export interface EnqueueRun {
  runId: string;
  requestKey: RequestKey | null;
  /** The model of this run alone. */
  model: string | null;
  /** The names of the tools of this run alone. */
  tools: readonly string[] | null;
  input: RunInput;
  /** Whether it goes before all other queued runs. */
  isFirst: boolean;
  /** How many runs the chat may queue; not counted where `isFirst`. */
  maxQueued: number;
  /** How many running and queued runs the owner may have, this one included. */
  maxOwnerRuns: number;
}

/** Where a queued run stands. */
export interface Enqueued {
  /** Its place in the queue, from 1. */
  position: number;
  /** The run that was active then; `null` for none. */
  activeRunId: string | null;
}

/** The first queued run of a chat, as its begin needs it. */
export interface QueuedRun {
  id: string;
  tools: readonly string[] | null;
  input: RunInput;
}

/** A key that is known, and its run. */
export interface KeyedRun {
  runId: string;
  requestHash: string;
}

/** How a run without an instance continues. */
export interface TakeOverRun {
  runId: string;
  /** As of when the run was found: another instance that was faster has moved it. */
  fence: number;
  instanceId: string;
  /** Whether the run may continue; if not it ends as `interrupted`, with its text kept. */
  mayContinue: boolean;
}

/** A run that its instance gives back while it works: another instance continues it. */
export interface ReleaseRun extends RunKey {
  unlogged: UnloggedEvents;
  /** The attempt that was under way. */
  attempt: EndedAttempt | null;
}

/** A run and what it has said, as it is stored. */
export interface StoredRun {
  record: RunRecord;
  /** The index of the last event of a run that has ended or is parked. */
  lastEventIndex: number | null;
  /** The messages of the run, in order, without the question; what another message replaced is left out. */
  messages: MessageRecord[];
  /** What the last request to the model cost. */
  answerUsage: Usage;
  /** The user's message that it answers; `null` where its ask had none. */
  userMessageId: string | null;
  /** The request to the model that is under way; its message has the same id, unless it is a retry. */
  openAttemptId?: string | null;
}

/** What a cancellation found. */
export interface Cancellation {
  /** As of before. */
  status: RunStatus;
  /** Whether the run has ended, or ends by this call; if not, the instance that works it has been told. */
  hasEnded: boolean;
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

/** The end of a run, as it was stored. */
export interface FinishedRun {
  /** `null` when there was no answer to store. */
  answer: MessageRecord | null;
  /** Whether queued runs of the chat wait: the first one may begin now. */
  hasQueued: boolean;
  /** Whether the run was to be cancelled, as of its end. */
  isCancelRequested: boolean;
}

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
   *   PendingToolCallsError, TooManyRunsError, KeyTakenError, DatabaseUnavailableError
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
  /** The run of a request that was made before with this key. */
  findKey(key: string): Promise<KeyedRun | undefined>;
  /**
   * Stores a run that waits for its turn, with the event that says so.
   * @throws ChatNotFoundError, QueueFullError, TooManyRunsError, KeyTakenError
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
