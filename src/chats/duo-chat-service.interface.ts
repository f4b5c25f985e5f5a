import { type DeepPartial } from 'typeorm';
import { type ParsedAnswer } from '../conversation/parsed-answer.interface.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type ModelParams, type ParamChanges } from '../messages/model-request.interface.js';
import { type ChatOf } from './acts-as-chat.mixin.js';

/** Who asks. A chat of another owner does not exist for this one. Unset stands for chats without an owner. */
export interface OwnerOption {
  ownerId?: string | null;
}

/** The settings of a new chat; `entity` sets the kind's own columns. */
export interface CreateChat<C> extends OwnerOption {
  /**
   * The host's or a client's own id of the chat, of 1 to 255 characters: where the owner has a chat with it, that one is
   * returned as it is, and nothing is created.
   */
  externalId?: string | null;
  model?: string;
  title?: string | null;
  instructions?: string;
  /** Merged into those of the agent, where there is one; a `null` unsets one. */
  params?: ParamChanges;
  metadata?: JsonObject;
  entity?: DeepPartial<C>;
  /** The name of the agent that the chat belongs to; other settings given here override the agent's. */
  agent?: string;
  /** The inputs of that agent, stored with the chat as JSON. */
  inputs?: object;
}

/** Changes to a chat; settings that are not named remain. */
export interface ChatChanges {
  model?: string;
  title?: string | null;
  /** Added as a system message, which replaces the instructions before it. */
  instructions?: string;
  /** Replaces the parameters, or a function of those before; a `null` removes a parameter. */
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
  /** Superseded messages are left out, unless they are asked for. */
  include?: 'superseded';
}

/** `nextCursor` is null at the end of the list. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** From a time on, inclusive, and up to another, exclusive; unbounded when unset. */
export interface Period {
  from?: Date;
  to?: Date;
}

/** The message entity of a kind of chat. */
export type MessageOfChat<C> = C extends ChatOf<infer M> ? M : never;

/** The answer to an ask with a schema of this type. */
export type Answer<C, Value> = ParsedAnswer<MessageOfChat<C>, Value>;
