import { type NewMessage } from '../server/server.interface.js';

const kept = new Map<string, NewMessage>();

/** Keeps the message that created a chat until the chat is shown. */
export function keepFirstMessage(chatId: string, message: NewMessage): void {
  kept.set(chatId, message);
}

/** The message that created a chat, once; undefined for a chat that has been shown before. */
export function takeFirstMessage(chatId: string): NewMessage | undefined {
  const message = kept.get(chatId);
  kept.delete(chatId);
  return message;
}
