import { type ChatOf } from '../chats/acts-as-chat.mixin.js';
import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import { messageRecord } from '../chats/message-entity.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type MessageRecord, type Usage } from '../messages/message.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { clientParams } from './client-params.js';

/** A chat as the HTTP API shows it. */
export interface ChatView {
  id: string;
  /** The client's own id, if it gave one. */
  externalId?: string;
  title: string | null;
  model: string;
  /** The settings that clients may change. */
  params: ModelParams;
  metadata: JsonObject;
  /** The name of the chat's agent, if it has one. */
  agent?: string;
  createdAt: string;
  updatedAt: string;
}

export function chatView({
  id,
  externalId,
  title,
  model,
  params,
  metadata,
  agent,
  ...times
}: ChatOf<unknown>): ChatView {
  const [createdAt, updatedAt] = [times.createdAt.toISOString(), times.updatedAt.toISOString()];
  return {
    id,
    ...(externalId !== null && { externalId }),
    title,
    model,
    params: clientParams(params),
    metadata,
    ...(agent !== null && { agent }),
    createdAt,
    updatedAt,
  };
}

/** A message as the HTTP API shows it; an answer includes its usage. */
export function messageView(message: DuoMessage): MessageRecord & { usage?: Usage } {
  return { ...messageRecord(message), ...(message.usage && { usage: message.usage }) };
}
