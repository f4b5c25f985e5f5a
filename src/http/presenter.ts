import { type ChatOf } from '../chats/acts-as-chat.mixin.js';
import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import { messageRecord } from '../chats/message-entity.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type MessageRecord, type Usage } from '../messages/message.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';

/** A chat as the HTTP API shows it. */
export interface ChatView {
  id: string;
  title: string | null;
  model: string;
  params: ModelParams;
  metadata: JsonObject;
  createdAt: string;
  updatedAt: string;
}

export function chatView({ id, title, model, params, metadata, createdAt, updatedAt }: ChatOf<unknown>): ChatView {
  return { id, title, model, params, metadata, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/** A message as the HTTP API shows it; an answer tells what it cost. */
export function messageView(message: DuoMessage): MessageRecord & { usage?: Usage } {
  return { ...messageRecord(message), ...(message.usage && { usage: message.usage }) };
}
