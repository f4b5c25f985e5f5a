import { Entity } from 'typeorm';
import { ActsAsChat } from './acts-as-chat.mixin.js';
import { ActsAsMessage } from './acts-as-message.mixin.js';

/**
 * A message of a ready-made chat, in the table `messages`.
 * @publicApi
 */
@Entity('messages')
export class Message extends ActsAsMessage<Chat>({ chat: () => Chat }) {}

/**
 * A ready-made chat, in the table `chats`.
 * @publicApi
 */
@Entity('chats')
export class Chat extends ActsAsChat<Message>({ messages: () => Message }) {}
