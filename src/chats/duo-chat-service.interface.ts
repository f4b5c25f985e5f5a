import { type DeepPartial } from 'typeorm';
import { type AskOptions, type NewMessage } from '../conversation/ask-options.interface.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';

/** Who asks. A chat of another owner does not exist for this one; unset means chats without an owner. */
export interface OwnerOption {
  ownerId?: string | null;
}

/** What a chat starts with; `entity` sets the kind's own columns. */
export interface CreateChat<C> extends OwnerOption {
  model?: string;
  title?: string | null;
  instructions?: string;
  params?: ModelParams;
  metadata?: JsonObject;
  entity?: DeepPartial<C>;
}

/** What a chat can be changed to; what is unset stays. */
export interface ChatChanges {
  model?: string;
  title?: string | null;
  /** Added as a system message, which replaces the instructions before it. */
  instructions?: string;
  params?: ModelParams;
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

export type AskByIdOptions = AskOptions & OwnerOption;
export type CompleteByIdOptions = Omit<AskByIdOptions, 'attachments'>;
export type AddMessageById = NewMessage & OwnerOption;
