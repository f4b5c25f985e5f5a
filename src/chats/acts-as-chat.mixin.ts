import 'reflect-metadata';
import { OneToMany, type Relation } from 'typeorm';
import { type Recovery, type WhenBusy } from '../config/gitlab-duo-options.interface.js';
import { type ToolClass } from '../conversation/ask-options.interface.js';
import { DuoChat } from './entities/duo-chat.entity.js';
import { KIND_METADATA, type KindMetadata } from './kind-metadata.js';

/** What a kind of chat says of itself. */
export interface ActsAsChatOptions {
  /** The entity of the messages, as a function, since the two files import each other. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a narrower type makes the two classes refer to each other in a circle (TS2506)
  messages: () => any;
  /** The model of chats of this kind that name none; the module's `model` by default. */
  model?: string;
  /** The tools of chats that have not been given any, as a function, since a tool may know the chat. */
  tools?: () => ToolClass[];
  /** The kind's stable name, which the `duo_*` tables store; the table's name by default. */
  kind?: string;
  /** What happens to an ask on a busy chat; the module's `whenBusy` by default. */
  whenBusy?: WhenBusy;
  /** What happens to a run whose process died; the module's `recovery` by default. */
  recovery?: Recovery;
  /** Marks the kind that a plain `DuoChatService` serves where there are several. */
  default?: boolean;
}

/** A chat with its messages. */
export abstract class ChatOf<M> extends DuoChat<M> {
  messages?: Relation<M>[];
}

/**
 * The base class of a chat entity.
 * @example
 * @Entity('chats')
 * class Chat extends ActsAsChat<Message>({ messages: () => Message, model: 'duo-chat-sonnet-4-6' }) {}
 * @publicApi
 */
export function ActsAsChat<M>(options: ActsAsChatOptions): abstract new () => ChatOf<M> {
  abstract class ActingAsChat extends ChatOf<M> {
    @OneToMany(options.messages, 'chat')
    declare messages?: Relation<M>[];
  }
  Reflect.defineMetadata(KIND_METADATA, options satisfies KindMetadata, ActingAsChat);
  return ActingAsChat;
}
