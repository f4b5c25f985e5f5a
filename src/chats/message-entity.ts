import {
  type AnswerRecord,
  type MessageRecord,
  type MessageStatus,
  type Usage,
} from '../messages/message.interface.js';
import { type DuoMessage, storedStatus } from './entities/duo-message.entity.js';
import { type MessageClass } from './chat-kind.js';

/** The entity of a message that was just stored. */
export function messageEntity(entity: MessageClass, record: AnswerRecord, usage?: Usage): DuoMessage {
  const fields: Omit<DuoMessage, 'usage'> = {
    ...record,
    externalId: record.externalId ?? null,
    supersededAt: null,
    supersededBy: null,
    createdAt: new Date(record.createdAt),
  };
  return Object.assign(new entity(), fields, usage && { usage });
}

/** A message as the HTTP API shows it, with the status of the stored message. */
export function messageRecord(message: DuoMessage): MessageRecord {
  const {
    id,
    chatId,
    seq,
    role,
    status,
    text,
    parts,
    model,
    finishReason,
    finishDetail,
    runId,
    externalId,
    supersededAt,
  } = message;
  const ended = { model, finishReason, finishDetail };
  return {
    id,
    chatId,
    seq,
    role,
    status: storedStatus.to(status) as MessageStatus,
    text,
    parts,
    ...ended,
    runId,
    ...(externalId !== null && { externalId }),
    ...(supersededAt !== null && { supersededAt: supersededAt.toISOString() }),
    createdAt: message.createdAt.toISOString(),
  };
}
