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
  const token = ofChat.get(dataSource) ?? Symbol(description(chat, dataSource));
  ofChat.set(dataSource, token);
  return token;
}

/** Nest shows it in its error when the service is missing, so it says what to do. */
function description({ name }: ChatClass, dataSource: string): string {
  const argument = dataSource === 'default' ? '' : `, '${dataSource}'`;
  return `DuoChatService<${name}>(${dataSource}), which GitlabDuoModule.forFeature([${name}]${argument}) provides to the modules that import it,`;
}

/** The name of the chat class whose service has this injection token; `undefined` for other tokens. */
export function chatOfToken(token: unknown): string | undefined {
  return typeof token === 'symbol' ? /^DuoChatService<(.*)>\(/.exec(token.description ?? '')?.[1] : undefined;
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
