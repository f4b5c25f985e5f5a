import { type Page } from '../../chats/duo-chat-service.interface.js';
import { type RunStatus } from '../../runs/run-event.interface.js';
import { type RunRecord } from '../../runs/run-record.interface.js';
import { array, component, integer, nullable, object, oneOf, type Schema, text, time, uuid } from './schema.js';

export const runStatus = oneOf<RunStatus>({
  queued: true,
  running: true,
  awaiting_approval: true,
  completed: true,
  failed: true,
  cancelled: true,
  interrupted: true,
});

/** Runs, by their names in the document. */
export const runSchemas: Record<string, Schema> = {
  Run: object<RunRecord>({
    id: uuid,
    chatId: uuid,
    status: runStatus,
    model: text('A Duo model id.'),
    answerMessageId: nullable(uuid),
    error: nullable(component('Problem')),
    usage: component('Usage'),
    position: nullable(integer('Its place in the queue, from 1; null unless it is queued.', { minimum: 1 })),
    createdAt: time,
    startedAt: nullable(time),
    finishedAt: nullable(time),
  }),
  RunPage: object<Page<unknown>>({
    items: array(component('Run')),
    nextCursor: nullable(text('The `cursor` of the next page; null at the end of the list.')),
  }),
};
