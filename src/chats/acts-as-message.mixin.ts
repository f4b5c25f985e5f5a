import { JoinColumn, ManyToOne, type Relation } from 'typeorm';
import { DuoMessage } from './entities/duo-message.entity.js';

/** The options of `ActsAsMessage`. */
export interface ActsAsMessageOptions {
  /** The entity of the chats, as a function, since the two files may import each other. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a narrower type makes the two classes refer to each other in a circle (TS2506)
  chat: () => any;
}

/** A message with its chat. */
export abstract class MessageOf<C> extends DuoMessage {
  chat?: Relation<C>;
}

/**
 * The base class of a message entity.
 * @example
 * @Entity('messages')
 * class Message extends ActsAsMessage<Chat>({ chat: () => Chat }) {}
 * @publicApi
 */
export function ActsAsMessage<C>(options: ActsAsMessageOptions): abstract new () => MessageOf<C> {
  abstract class ActingAsMessage extends MessageOf<C> {
    @ManyToOne(options.chat, 'messages', { onDelete: 'CASCADE', nullable: false })
    @JoinColumn({ name: 'chat_id' })
    declare chat?: Relation<C>;
  }
  return ActingAsMessage;
}
