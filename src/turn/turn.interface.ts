import { type Caller } from '../config/gitlab-duo-options.interface.js';
import { type JsonValue } from '../messages/json.interface.js';
import { type ModelEvent, type ModelRequest } from '../messages/model-request.interface.js';
import { type Part, type ToolCallPart } from '../messages/part.interface.js';
import { type ToolCallStatus } from '../messages/tool-call.interface.js';
import { type AttemptLedger, type StepOutcome } from '../router/attempt.interface.js';
import { type Schema } from '../schemas/schema.interface.js';
import { type BoundTool, type ToolOutcome } from '../tools/bound-tool.interface.js';
import { type ToolContext } from '../tools/duo-tool.interface.js';

/** A call of a tool, as the turn and its journal name it. */
export interface ToolCall {
  id: string;
  /** The call's place in its message, from 0: the vendor's ids may repeat. */
  ordinal: number;
  part: ToolCallPart;
}

/** A call that was stored before and has no result yet. */
export interface PendingToolCall extends ToolCall {
  status: ToolCallStatus;
  needsApproval: boolean;
  /** Why it was denied. */
  reason: string | null;
}

/** A call that is stored together with its message. */
export interface NewCall extends ToolCall {
  /** `running` for what is executed as soon as it is stored. */
  status: Extract<ToolCallStatus, 'running' | 'pending'>;
  needsApproval: boolean;
  isIdempotent: boolean;
}

/** The result of a call. */
export interface CallResult {
  call: ToolCall;
  status: Extract<ToolCallStatus, 'succeeded' | 'failed' | 'denied'>;
  outcome: ToolOutcome;
  /** Of the message that it is stored as. */
  messageId?: string;
}

/** A part of a stored message that a vendor refuses. */
export interface RefusedPart {
  messageId: string;
  /** Among the parts of the message. */
  index: number;
  /** Among the files of a tool's result. */
  file?: number;
  reason: string;
  /** As it is stored from now on. */
  part: Part;
}

/** What a model says while it works, a call with the ids that it has from then on: ours and the vendor's. */
export type TurnEvent = Exclude<ModelEvent, { type: 'tool-call' }> | ToolCallEvent;

/**
 * A call of a tool, as a run's events have it: `toolCallId` is ours, `providerCallId` the vendor's, made unique within its
 * message.
 * @publicApi
 */
export interface ToolCallEvent extends Omit<Extract<ModelEvent, { type: 'tool-call' }>, 'id'> {
  toolCallId: string;
  providerCallId: string;
}

/** What happened at once while tools ran. */
export interface RoundProgress {
  /** In the order of the calls. */
  results: CallResult[];
  /** The ids of the calls that are executed as soon as this is stored. */
  started: string[];
  /** Whether another request to the model follows. */
  opensStep: boolean;
}

/** Where a turn reports what it does. Once a promise resolves, its data is durably stored. */
export interface TurnJournal extends AttemptLedger {
  /** Begins a message of the assistant, to which all later events belong. */
  beginMessage(): void;
  recordEvents(events: readonly TurnEvent[]): void;
  recordProgress(call: ToolCall, data: JsonValue): void;
  /**
   * Stores the message that was begun last, with its calls.
   * @returns its id
   */
  saveStep(outcome: StepOutcome, calls: readonly NewCall[]): Promise<string>;
  /**
   * Stores the message that was begun last as a failed answer, with the correction that the model receives. The next
   * message replaces it, unless the model binds its reasoning to both.
   */
  saveRejectedAnswer(outcome: StepOutcome): Promise<string>;
  /** @returns the ids of the results, as messages */
  saveProgress(progress: RoundProgress): Promise<string[]>;
  /** Reports parts of stored messages that are left out from now on, and stores that with the next write. */
  recordRejectedParts(parts: readonly RefusedPart[]): void;
  /** Those of the calls, all of the last message, that have been approved or denied by now. */
  decidedCalls(calls: readonly ToolCall[]): Promise<PendingToolCall[]>;
}

/** How far a turn goes: to the answer, through one request to the model, or through the open calls alone. */
export type RunScope = 'answer' | 'generate' | 'tools';

/** What a turn works with. */
export interface Turn {
  request: ModelRequest;
  /** On whose behalf the request is made. */
  caller: Caller;
  signal: AbortSignal;
  journal: TurnJournal;
  /** By their names; those that the request offers. */
  tools: ReadonlyMap<string, BoundTool>;
  /** The chat, its owner and the run, for the tools. */
  toolContext: Pick<ToolContext, 'chat' | 'ownerId' | 'runId'>;
  /** Calls of the last message that are worked first. */
  pendingCalls: readonly PendingToolCall[];
  scope: RunScope;
  /** What the answer has to be, as JSON. */
  answerSchema?: Schema;
  /** How many requests the run has made before this turn, and may make in all. */
  steps: { made: number; max: number };
}

/** How a turn ended; failures and aborts are in `error`. */
export type TurnEnd =
  /** With the model's last answer, which is not stored yet, and its parsed value, if the run has a schema. */
  | { type: 'answered'; outcome: StepOutcome; parsed?: unknown }
  /** With nothing left to store. */
  | { type: 'stored'; error?: unknown }
  /** With calls that a person has to decide on. */
  | { type: 'waiting'; calls: readonly ToolCall[] };
