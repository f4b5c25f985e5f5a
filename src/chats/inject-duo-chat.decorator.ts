import { Inject } from '@nestjs/common';
import { type ChatClass } from './chat-kind.js';

const tokens = new WeakMap<ChatClass, Map<string, symbol>>();

/**
 * The injection token of the service of one kind of chat.
 * @publicApi
 */
export function getDuoChatToken(chat: ChatClass, dataSource = 'default'): symbol {
  const ofChat = tokens.get(chat) ?? new Map<string, symbol>();
  tokens.set(chat, ofChat);
  const token = ofChat.get(dataSource) ?? Symbol(`DuoChatService<${chat.name}>(${dataSource})`);
  ofChat.set(dataSource, token);
  return token;
}

/**
 * Injects the service of one kind of chat.
 * @example
 * constructor(@InjectDuoChat(SupportChat) private readonly chats: DuoChatService<SupportChat>) {}
 * @publicApi
 */
export function InjectDuoChat(chat: ChatClass, dataSource?: string): ReturnType<typeof Inject> {
  return Inject(getDuoChatToken(chat, dataSource));
}
