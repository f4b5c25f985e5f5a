import { type JsonObject } from './json.interface.js';
import { type Part } from './part.interface.js';

export type Role = 'system' | 'user' | 'assistant' | 'tool';

/** How a message came to its end; every status but `complete` marks an answer that stopped half-way. */
export type MessageStatus = 'complete' | 'cancelled' | 'failed' | 'interrupted';

/** A message as the models see it: no provider, no database. */
export interface ModelMessage {
  /** Of a stored message. */
  id?: string;
  role: Role;
  parts: readonly Part[];
  /**
   * What the reasoning in it was made under, where the model binds it to that: it is sent as long as that is what comes
   * before it. Reasoning without it is always sent.
   */
  prefixDigest?: string | null;
}

/** Why a model stopped. `tool-calls` asks for results; `pause` asks to be called again with the same history. */
export type FinishReason =
  'stop' | 'length' | 'tool-calls' | 'refusal' | 'content-filter' | 'pause' | 'context-window' | 'other';

/**
 * Tokens of one or more requests. The three kinds of input are disjoint, so that each can be priced by itself;
 * `reasoningTokens` is the share of `outputTokens` that was spent on thinking.
 */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

/** A stored message, as the HTTP API and `message-end` show it; `createdAt` is ISO 8601 in UTC. */
export interface MessageRecord {
  id: string;
  chatId: string;
  seq: number;
  role: Role;
  status: MessageStatus;
  text: string;
  parts: Part[];
  model: string | null;
  finishReason: FinishReason | null;
  /** The vendor's details of why the model stopped, unchanged: `{ category, explanation }` of a refusal by Claude. */
  finishDetail: JsonObject | null;
  runId: string | null;
  /** A client's own id of the message, if it gave one. */
  externalId?: string;
  /** When the message was replaced or deleted, in ISO 8601: it is kept, and no longer replayed. Unset while it is. */
  supersededAt?: string;
  createdAt: string;
}

/** The status of an answer: that of the stored message, or `awaiting_approval` while its run is parked. */
export type AnswerStatus = MessageStatus | 'awaiting_approval';

/** A message as the caller of a run receives it. */
export type AnswerRecord = Omit<MessageRecord, 'status'> & { status: AnswerStatus };
