import { type ApprovalRequest, type RunEndStatus, type RunEvent } from '../../runs/run-event.interface.js';
import { finishReason, malformed, problem, role } from './message-schemas.js';
import {
  anyObject,
  array,
  component,
  integer,
  nullable,
  object,
  oneOf,
  optional,
  type Schema,
  text,
  uuid,
} from './schema.js';
import { errorCode } from './problems.js';

type Data<Type extends RunEvent['type']> = Omit<Extract<RunEvent, { type: Type }>, 'type'>;

const endStatus = oneOf<RunEndStatus>({
  awaiting_approval: true,
  completed: true,
  failed: true,
  cancelled: true,
  interrupted: true,
});

const toolCallId: Schema = { ...uuid, description: 'Ours: by which the call is approved or denied.' };
const providerCallId = text('The vendor’s own.');

const pendingCall = object<ApprovalRequest>({
  id: toolCallId,
  providerCallId,
  name: text(),
  arguments: anyObject,
});

const events: { [Type in RunEvent['type']]: { data: Schema; description: string } } = {
  'run-queued': {
    data: object<Data<'run-queued'>>({ runId: uuid, chatId: uuid, position: integer('In the queue, from 1.') }),
    description: 'The run waits until the runs before it have ended.',
  },
  'run-start': {
    data: object<Data<'run-start'>>({ runId: uuid, chatId: uuid, userMessageId: nullable(uuid) }),
    description: 'The run has begun; `userMessageId` is null where an earlier message is answered again.',
  },
  'message-start': {
    data: object<Data<'message-start'>>({ messageId: uuid, role }),
    description: 'A message begins.',
  },
  'reasoning-delta': {
    data: object<Data<'reasoning-delta'>>({ text: text() }),
    description: 'A piece of what the model thinks aloud.',
  },
  'text-delta': { data: object<Data<'text-delta'>>({ text: text() }), description: 'A piece of the text.' },
  'tool-call': {
    data: object<Data<'tool-call'>>({
      toolCallId,
      providerCallId,
      name: text(),
      arguments: anyObject,
      malformed,
      problem,
    }),
    description: 'The model calls a tool.',
  },
  'tool-progress': {
    data: object<Data<'tool-progress'>>({
      toolCallId,
      providerCallId,
      data: { description: 'What the tool has told.' },
    }),
    description: 'A tool that runs tells how far it has come.',
  },
  'tool-result': {
    data: object<Data<'tool-result'>>({
      toolCallId,
      providerCallId,
      name: text(),
      content: { description: 'What the model reads.' },
      isError: { type: 'boolean' },
    }),
    description: 'A call has come to its result, which is stored.',
  },
  'approval-required': {
    data: object<Data<'approval-required'>>({ toolCalls: array(pendingCall) }),
    description: 'The run waits until each of the calls is approved or denied, and continues with a completion.',
  },
  reset: {
    data: object<Data<'reset'>>({ messageId: uuid, reason: errorCode }),
    description:
      'Takes back what the message was made of so far: the answer broke off and begins again, or it does not match its schema (`schema_mismatch`) and another message follows.',
  },
  'part-rejected': {
    data: object<Data<'part-rejected'>>({
      messageId: uuid,
      index: integer('Among the parts of the message.', { minimum: 0 }),
      file: optional(integer('Among the files of a tool’s result.', { minimum: 0 })),
      reason: text('In the vendor’s words.'),
    }),
    description: 'The vendor refuses a part of an earlier message: its requests have a note in its place from now on.',
  },
  'message-end': {
    data: object<Data<'message-end'>>({
      message: component('Answer'),
      usage: component('Usage'),
      finishReason: nullable(finishReason),
    }),
    description: 'The message is stored.',
  },
  error: { data: object<Data<'error'>>({ problem: component('Problem') }), description: 'The run has failed.' },
  'run-end': {
    data: object<Data<'run-end'>>({ status: endStatus, usage: component('Usage') }),
    description:
      'Always the last event; `usage` covers all requests of the run. A run that awaits approval continues later.',
  },
};

/** The events of a run, by their names in the document: `id`, `event` and `data` as they are on the wire. */
export const eventSchemas: Record<string, Schema> = {
  ...Object.fromEntries(
    Object.entries(events).map(([type, { data, description }]) => [
      componentName(type),
      {
        type: 'object',
        description,
        properties: { id: { type: 'string', description: '`<runId>:<index>`' }, event: { const: type }, data },
        required: ['id', 'event', 'data'],
        additionalProperties: false,
      },
    ]),
  ),
  RunEvent: {
    description: 'A server-sent event; its `data` is JSON.',
    oneOf: Object.keys(events).map((type) => component(componentName(type))),
  },
};

/** The component of an event type: `TextDeltaEvent` for `text-delta`. */
function componentName(type: string): string {
  const words = type.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Event`;
}
