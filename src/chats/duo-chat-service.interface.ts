import { type DeepPartial } from 'typeorm';
import { type AskOptions, type CompleteOptions } from '../conversation/ask-options.interface.js';
import { type ParsedAnswer } from '../conversation/parsed-answer.interface.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type ModelParams, type ParamChanges } from '../messages/model-request.interface.js';
import { type ChatOf } from './acts-as-chat.mixin.js';

/** Who asks. A chat of another owner does not exist for this one; unset means chats without an owner. */
export interface OwnerOption {
  ownerId?: string | null;
}

/** What a chat starts with; `entity` sets the kind's own columns. */
export interface CreateChat<C> extends OwnerOption {
  model?: string;
  title?: string | null;
  instructions?: string;
  /** Merged into those of the agent, where there is one; a `null` unsets one. */
  params?: ParamChanges;
  metadata?: JsonObject;
  entity?: DeepPartial<C>;
  /** The name of the agent that the chat belongs to; what is said here besides wins over what the agent says. */
  agent?: string;
  /** What that agent is given, for as long as the chat lives: stored as JSON. */
  inputs?: object;
}

/** What a chat can be changed to; what is unset stays. */
export interface ChatChanges {
  model?: string;
  title?: string | null;
  /** Added as a system message, which replaces the instructions before it. */
  instructions?: string;
  /** Replace the parameters so far, or are made from them by a function; a `null` is no parameter. */
  params?: ParamChanges | ((before: ModelParams) => ParamChanges);
  metadata?: JsonObject;
}

/** A page of a list: at most `limit` items (20 by default, 100 at most), from `cursor` on. */
export interface PageOptions {
  limit?: number;
  cursor?: string;
}

/** Messages after a sequence number: at most `limit` (100 by default, 1,000 at most). */
export interface MessagePageOptions {
  limit?: number;
  after?: number;
}

/** `nextCursor` is null at the end of the list. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** From a time on, inclusive, and up to another, exclusive; unbounded where unset. */
export interface Period {
  from?: Date;
  to?: Date;
}

/** The message entity of a kind of chat. */
export type MessageOfChat<C> = C extends ChatOf<infer M> ? M : never;

/** The answer to an ask whose schema makes such values. */
export type Answer<C, Value> = ParsedAnswer<MessageOfChat<C>, Value>;

export type AskByIdOptions = AskOptions & OwnerOption;
export type CompleteByIdOptions = CompleteOptions & OwnerOption;
export type RunToolsByIdOptions = Pick<AskOptions, 'tools' | 'signal'> & OwnerOption;
