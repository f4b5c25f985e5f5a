import 'reflect-metadata';
import { ConfigurationError } from '../errors/request.errors.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { type DuoMessage } from './entities/duo-message.entity.js';
import { KIND_METADATA, type KindMetadata } from './kind-metadata.js';

export type ChatClass<C extends ChatOf<unknown> = ChatOf<unknown>> = new () => C;
export type MessageClass = new () => DuoMessage;

/** One pair of chat and message entities. */
export interface ChatKind<C extends ChatOf<unknown> = ChatOf<unknown>> {
  chat: ChatClass<C>;
  message: MessageClass;
  /** As given to `ActsAsChat`; the table's name where it is unset. */
  name: string | undefined;
  model: string | undefined;
  isDefault: boolean;
}

/**
 * Reads what a chat class says of its kind.
 * @throws ConfigurationError when the class does not act as a chat
 */
export function chatKind<C extends ChatOf<unknown>>(chat: ChatClass<C>): ChatKind<C> {
  const metadata = Reflect.getMetadata(KIND_METADATA, chat) as KindMetadata | undefined;
  if (metadata === undefined) {
    throw new ConfigurationError(
      `${chat.name} is not a chat: let it extend ActsAsChat<Message>({ messages: () => Message }).`,
    );
  }
  return {
    chat,
    message: metadata.messages() as MessageClass,
    name: metadata.kind,
    model: metadata.model,
    isDefault: metadata.default ?? false,
  };
}
