import { type Page } from '../../chats/duo-chat-service.interface.js';
import { type ToolCallRecord, type ToolCallStatus } from '../../messages/tool-call.interface.js';
import { anyObject, array, component, nullable, object, oneOf, type Schema, text, time, uuid } from './schema.js';

const callStatus = oneOf<ToolCallStatus>(
  { pending: true, approved: true, running: true, denied: true, succeeded: true, failed: true },
  'An approved call runs with the next completion.',
);

/** Tool calls that wait for approval, by their names in the document. */
export const toolCallSchemas: Record<string, Schema> = {
  ToolCall: object<ToolCallRecord>({
    id: { ...uuid, description: 'By which the call is approved or denied.' },
    providerCallId: text('The vendor’s own, which may repeat.'),
    name: text(),
    arguments: anyObject,
    status: callStatus,
    decidedBy: nullable(text('The owner who decided.')),
    decidedAt: nullable(time),
    reason: nullable(text('Why it was denied.')),
  }),
  ToolCallList: object<Page<unknown>>({
    items: array(component('ToolCall')),
    nextCursor: { type: 'null' },
  }),
};
