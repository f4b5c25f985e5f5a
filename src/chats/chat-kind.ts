import 'reflect-metadata';
import { getMetadataArgsStorage } from 'typeorm';
import { type Recovery, type WhenBusy } from '../config/gitlab-duo-options.interface.js';
import { type ToolClass } from '../conversation/ask-options.interface.js';
import { ConfigurationError } from '../errors/request.errors.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { DuoMessage } from './entities/duo-message.entity.js';
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
  /** The tools of chats that have not been given any. */
  tools: (() => ToolClass[]) | undefined;
  whenBusy: WhenBusy | undefined;
  recovery: Recovery | undefined;
  isDefault: boolean;
}

/** A kind with what the options of the module say where it says nothing itself. */
export interface ResolvedKind<C extends ChatOf<unknown> = ChatOf<unknown>> extends ChatKind<C> {
  whenBusy: WhenBusy;
  recovery: Recovery;
}

/**
 * Reads the kind of a chat class from its metadata.
 * @throws ConfigurationError when the class does not act as a chat, or its messages not as messages
 */
export function chatKind<C extends ChatOf<unknown>>(chat: ChatClass<C>): ChatKind<C> {
  if (typeof chat !== 'function') {
    throw new ConfigurationError(
      `forFeature() was given ${String(chat)} for a chat. Its file is perhaps imported in a circle: import the class from where nothing imports this module.`,
    );
  }
  const metadata = Reflect.getMetadata(KIND_METADATA, chat) as KindMetadata | undefined;
  if (metadata === undefined) {
    throw new ConfigurationError(
      `${chat.name} is not a chat: let it extend ActsAsChat<Message>({ messages: () => Message }).`,
    );
  }
  const message = messageClass(chat, metadata.messages());
  for (const entity of [chat, message]) mustBeEntity(entity);
  return {
    chat,
    message,
    name: metadata.kind,
    model: metadata.model,
    tools: metadata.tools,
    whenBusy: metadata.whenBusy,
    recovery: metadata.recovery,
    isDefault: metadata.default ?? false,
  };
}

function messageClass(chat: ChatClass, message: unknown): MessageClass {
  if (typeof message === 'function' && message.prototype instanceof DuoMessage) return message as MessageClass;
  const found = typeof message === 'function' ? message.name : String(message);
  throw new ConfigurationError(
    `The messages of ${chat.name} are ${found}, which does not act as a message: let it extend ActsAsMessage<${chat.name}>({ chat: () => ${chat.name} }), and name it in ActsAsChat({ messages: () => … }).`,
  );
}

function mustBeEntity(entity: ChatClass | MessageClass): void {
  if (getMetadataArgsStorage().tables.some(({ target }) => target === entity)) return;
  throw new ConfigurationError(`${entity.name} is not an entity: decorate it with @Entity('its_table').`);
}
