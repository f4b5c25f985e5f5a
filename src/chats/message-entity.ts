import { type MessageRecord } from '../messages/message.interface.js';
import { type Usage } from '../messages/message.interface.js';
import { type DuoMessage } from './entities/duo-message.entity.js';
import { type MessageClass } from './chat-kind.js';

/** The entity of a message that was just stored. */
export function messageEntity(entity: MessageClass, record: MessageRecord, usage?: Usage): DuoMessage {
  const fields: Omit<DuoMessage, 'usage'> = { ...record, supersededBy: null, createdAt: new Date(record.createdAt) };
  return Object.assign(new entity(), fields, usage && { usage });
}

/** A message as the HTTP API shows it. */
export function messageRecord(message: DuoMessage): MessageRecord {
  const { id, chatId, seq, role, status, text, parts, model, finishReason, finishDetail, runId } = message;
  const ended = { model, finishReason, finishDetail };
  return { id, chatId, seq, role, status, text, parts, ...ended, runId, createdAt: message.createdAt.toISOString() };
}
