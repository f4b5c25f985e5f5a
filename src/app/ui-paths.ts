import { answer, operation, query } from '../http/openapi/operation.js';
import { anyObject, type Schema, text } from '../http/openapi/schema.js';
import { type JsonObject } from '../messages/json.interface.js';
import { UI_VERSIONS } from '../ui/ui-version.js';

const PATH = '/api/chat';
const call = (name: string) => ({ id: `ui_${name}`, tag: 'useChat' });
const version = query('uiVersion', { enum: [...UI_VERSIONS], default: 6 });
const chatId: JsonObject = {
  name: 'id',
  in: 'path',
  required: true,
  schema: text('The id of the chat: ours, or one of the client’s own.'),
};
const stream = answer('A UI message stream of AI SDK.', undefined, {
  content: { 'text/event-stream': { schema: { type: 'string' } } },
});
const messages: Schema = { type: 'array', items: anyObject };

const example: JsonObject = {
  id: 'locks',
  messages: [{ id: 'question-1', role: 'user', parts: [{ type: 'text', text: 'What is a lock?' }] }],
};

/** The routes for `useChat`; what they take and answer is defined by AI SDK. */
export const uiPaths: Record<string, JsonObject> = {
  [PATH]: {
    post: {
      ...operation({
        ...call('send'),
        summary: 'Ask, edit, ask again, or decide on a call, as `useChat` does',
        parameters: [version],
        answers: { 200: stream },
        codes: ['validation_failed', 'payload_too_large', 'chat_busy', 'pending_tool_calls', 'upstream_overloaded'],
      }),
      requestBody: { required: true, content: { 'application/json': { schema: anyObject, example } } },
    },
  },
  [`${PATH}/{id}/stream`]: {
    parameters: [chatId],
    get: operation({
      ...call('resume'),
      hasId: true,
      summary: 'Replay the run that works, and follow it',
      parameters: [version],
      answers: { 200: stream, 204: answer('Nothing runs.') },
      codes: ['validation_failed', 'too_many_followers'],
    }),
  },
  [`${PATH}/{id}/stop`]: {
    parameters: [chatId],
    post: operation({
      ...call('stop'),
      hasId: true,
      summary: 'Stop the run that works, if there is one',
      description: 'Its text so far is kept. With an `activeStreamId` that is not the id of that run nothing happens.',
      answers: { 200: answer('Nothing runs any more.') },
      codes: ['validation_failed', 'payload_too_large'],
    }),
  },
  [`${PATH}/{id}/messages`]: {
    parameters: [chatId],
    get: operation({
      ...call('messages'),
      hasId: true,
      summary: 'The messages of a chat, for the first render',
      parameters: [version],
      answers: { 200: answer('UIMessages.', undefined, { content: { 'application/json': { schema: messages } } }) },
      codes: ['validation_failed'],
    }),
  },
};
