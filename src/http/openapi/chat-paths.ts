import { MESSAGE_PAGE } from '../../chats/page.js';
import { LIST_PAGE } from '../../conversation/page.js';
import { type ErrorCode } from '../../errors/gitlab-duo.error.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { answer, limit, operation, query } from './operation.js';
import { runPaths } from './run-paths.js';
import { component, integer, oneOf, type Schema, uuid } from './schema.js';
import { toolCallPaths } from './tool-call-paths.js';

const ASK_CODES: ErrorCode[] = [
  'validation_failed',
  'insufficient_credits',
  'chat_not_found',
  'chat_busy',
  'queue_full',
  'run_cancelled',
  'pending_tool_calls',
  'payload_too_large',
  'unknown_model',
  'context_window_exceeded',
  'step_limit_reached',
  'schema_mismatch',
  'idempotency_key_reused',
  'too_many_runs',
  'too_many_followers',
  'gateway_auth_failed',
  'upstream_error',
  'upstream_overloaded',
  'server_busy',
  'chat_locked',
  'upstream_timeout',
];

const CHANGE_CODES: ErrorCode[] = ['validation_failed', 'payload_too_large', 'unknown_model', 'chat_locked'];

/** The routes of one kind of chat, mounted at `path`. */
export function chatPaths(path: string): Record<string, JsonObject> {
  const call = (name: string) => ({ id: `${path.replaceAll(/\W+/g, '_')}_${name}`, tag: path });
  const ofOne = (name: string) => ({ ...call(name), hasId: true });
  const chatId: JsonObject = { $ref: '#/components/parameters/chatId' };
  const messageId: JsonObject = { $ref: '#/components/parameters/messageId' };
  return {
    [`/${path}`]: {
      post: operation({
        ...call('create'),
        summary: 'Create a chat',
        body: ['NewChatBody', false],
        answers: {
          201: answer('The chat.', 'Chat'),
          200: answer('The chat that has the `externalId` already.', 'Chat'),
        },
        codes: CHANGE_CODES,
      }),
      get: operation({
        ...call('list'),
        summary: 'List chats, the newest first',
        parameters: [
          limit(LIST_PAGE),
          query('cursor', { ...uuid, description: 'The `nextCursor` of the page before.' }),
        ],
        answers: { 200: answer('A page of chats; it stays in place while chats come and go.', 'ChatPage') },
        codes: ['validation_failed'],
      }),
    },
    [`/${path}/{id}`]: {
      parameters: [chatId],
      get: operation({
        ...ofOne('find'),
        summary: 'Read a chat',
        answers: { 200: answer('The chat.', 'Chat') },
        codes: ['chat_not_found'],
      }),
      patch: operation({
        ...ofOne('update'),
        summary: 'Change a chat',
        body: ['ChatBody', false],
        answers: { 200: answer('The chat.', 'Chat') },
        codes: [...CHANGE_CODES, 'chat_not_found'],
      }),
      delete: operation({
        ...ofOne('delete'),
        summary: 'Delete a chat with its messages',
        description: 'A run that is under way is stopped. What the chat cost stays in the ledger.',
        answers: { 204: answer('It is deleted.') },
        codes: ['chat_not_found', 'chat_locked'],
      }),
    },
    [`/${path}/{id}/messages`]: {
      parameters: [chatId],
      get: operation({
        ...ofOne('messages'),
        summary: 'List the messages of a chat in order',
        parameters: [limit(MESSAGE_PAGE), query('after', after, -1), query('include', include)],
        answers: { 200: answer('A page of messages.', 'MessagePage') },
        codes: ['validation_failed', 'chat_not_found'],
      }),
      post: operation({
        ...ofOne('ask'),
        summary: 'Ask the model',
        description: 'A client that hangs up cancels nothing, unless it asks for that: the answer is stored.',
        parameters: askHeaders,
        body: ['MessageBody', true],
        answers: askAnswers,
        codes: ASK_CODES,
      }),
    },
    [`/${path}/{id}/messages/{messageId}`]: {
      parameters: [chatId, messageId],
      put: operation({
        ...ofOne('edit'),
        summary: 'Edit a message of the user, and ask the model again',
        description:
          'The new content is a new message. The edited message and all that came after it, except instructions, is superseded: kept, and no longer replayed.',
        parameters: askHeaders,
        body: ['MessageBody', true],
        answers: askAnswers,
        codes: [...ASK_CODES, 'message_not_found', 'wrong_message_role'],
      }),
      delete: operation({
        ...ofOne('delete_message'),
        summary: 'Take a message out of a chat',
        description:
          'It is superseded, and with a call of tools its results, or with a result its calls. What came after stays.',
        answers: { 204: answer('It is superseded.') },
        codes: ['chat_not_found', 'message_not_found', 'chat_busy', 'pending_tool_calls', 'chat_locked'],
      }),
    },
    [`/${path}/{id}/messages/{messageId}/regenerate`]: {
      parameters: [chatId, messageId],
      post: operation({
        ...ofOne('regenerate'),
        summary: 'Answer a message of the user again',
        description:
          'The message is that of the user, or any one of its answer. All that came after it, except instructions, is superseded: kept, and no longer replayed.',
        parameters: askHeaders,
        body: ['CompletionBody', false],
        answers: askAnswers,
        codes: [...ASK_CODES, 'message_not_found', 'wrong_message_role'],
      }),
    },
    [`/${path}/{id}/usage`]: {
      parameters: [chatId],
      get: operation({
        ...ofOne('usage'),
        summary: 'Tell what a chat has cost',
        description: 'By model and kind of token, retries and failures included.',
        answers: { 200: answer('The totals.', 'ChatUsage') },
        codes: ['chat_not_found'],
      }),
    },
    [`/${path}/{id}/completions`]: {
      parameters: [chatId],
      post: operation({
        ...ofOne('complete'),
        summary: 'Let the model answer what waits for it',
        parameters: askHeaders,
        description:
          'The last user message after a failure, or after it was added without asking; calls of tools that have been decided on.',
        body: ['CompletionBody', false],
        answers: askAnswers,
        codes: ASK_CODES,
      }),
    },
    ...toolCallPaths(path),
    ...runPaths(path),
  };
}

const include = oneOf({ superseded: true }, 'Whether superseded messages are listed as well, with `supersededAt`.');

const after = integer(
  'The `seq` after which the page begins; the `nextCursor` of the page before, or -1 for the first.',
  { minimum: -1 },
);

const runHeaders: Schema = {
  'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
  'X-Run-Id': { $ref: '#/components/headers/X-Run-Id' },
  'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' },
};

const askHeaders: JsonObject[] = [
  { $ref: '#/components/parameters/Idempotency-Key' },
  { $ref: '#/components/parameters/Prefer' },
];

const wholeAnswer = answer('With `Accept: application/json`: the answer, once it is whole.', 'Answer', {
  headers: runHeaders,
});

const runItself = answer(
  'The run: with `Accept: application/json` when it waits for approval; with `Prefer: respond-async` at once.',
  'Run',
  {
    headers: {
      ...runHeaders,
      Location: { $ref: '#/components/headers/Location' },
      'Preference-Applied': { $ref: '#/components/headers/Preference-Applied' },
    },
  },
);

const events: JsonObject = {
  description:
    'With `Accept: text/event-stream`: the events of the run. An error that comes before the model’s first word keeps its status.',
  headers: runHeaders,
  content: { 'text/event-stream': { schema: component('RunEvent') } },
};

const askAnswers = { 200: events, 201: wholeAnswer, 202: runItself };
