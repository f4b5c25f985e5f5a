import { type EntitySubscriberInterface, type InsertEvent } from 'typeorm';
import { newId } from '../messages/new-id.js';
import { type ChatOf } from './acts-as-chat.mixin.js';
import { type ChatClass } from './chat-kind.js';

/**
 * Gives each new chat its id, model and owner, and binds chats to their service however they are loaded or saved.
 */
export class ChatSubscriber<C extends ChatOf<unknown>> implements EntitySubscriberInterface<C> {
  constructor(
    private readonly chat: ChatClass<C>,
    private readonly defaultModel: string,
    private readonly bind: (chat: C) => void,
  ) {}

  listenTo(): ChatClass<C> {
    return this.chat;
  }

  beforeInsert({ entity }: InsertEvent<C>): void {
    const given: Partial<ChatOf<unknown>> = entity;
    given.id ??= newId();
    given.model ??= this.defaultModel;
    given.ownerId ??= null;
  }

  afterInsert({ entity }: InsertEvent<C>): void {
    if (!(entity instanceof this.chat)) return;
    // PostgreSQL returns this default; a loaded chat does not have it.
    Reflect.deleteProperty(entity, 'nextSeq');
    this.bind(entity);
  }

  afterLoad(entity: C): void {
    this.bind(entity);
  }
}
