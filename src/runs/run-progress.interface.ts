import { type JsonObject } from '../messages/json.interface.js';
import { type FinishReason, type MessageStatus } from '../messages/message.interface.js';
import { type Part, type ToolResultPart } from '../messages/part.interface.js';
import { type ToolCallStatus } from '../messages/tool-call.interface.js';
import { type AttemptOutcome } from '../router/attempt.interface.js';
import { type CallResult, type NewCall, type PendingToolCall } from '../turn/turn.interface.js';

/** Which run writes; another instance that has taken it over has moved its fence. */
export interface RunKey {
  runId: string;
  chatId: string;
  fence: number;
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

/** A retry: how an attempt ended, and the one that is about to leave. */
export interface RetryAttempt {
  endedId: string;
  ended: AttemptOutcome;
  nextId: string;
  nextNumber: number;
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

/** What happened at once while tools ran. */
export interface StoreProgress extends RunKey {
  results: readonly ResultDraft[];
  /** Calls without a result that are now in another state. */
  moved: readonly { id: string; status: ToolCallStatus }[];
  /** The first attempt of the next step, if it begins now. */
  next: { id: string; step: number; requestId: string | null } | null;
}

/** A call without a result, as it is stored. */
export type StoredToolCall = Omit<PendingToolCall, 'part'>;

/** A part of a stored message that a vendor has refused, as it is from now on. */
export interface RejectedPart {
  messageId: string;
  /** Among the parts of the message. */
  index: number;
  part: Part;
}
