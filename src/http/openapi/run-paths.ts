import { LIST_PAGE } from '../../conversation/page.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { answer, limit, operation, query } from './operation.js';
import { runStatus } from './run-schemas.js';
import { component, integer, type Schema, uuid } from './schema.js';

/** The routes of the runs of one kind of chat. */
export function runPaths(path: string): Record<string, JsonObject> {
  const call = (name: string) => ({ id: `${path.replaceAll(/\W+/g, '_')}_${name}`, tag: path, hasId: true });
  const chatId: JsonObject = { $ref: '#/components/parameters/chatId' };
  const runId: JsonObject = { $ref: '#/components/parameters/runId' };
  return {
    [`/${path}/{id}/runs`]: {
      parameters: [chatId],
      get: operation({
        ...call('runs'),
        summary: 'List the runs of a chat, the newest first',
        parameters: [
          query('status', runStatus),
          limit(LIST_PAGE),
          query('cursor', { ...uuid, description: 'The `nextCursor` of the page before.' }),
        ],
        answers: { 200: answer('A page of runs.', 'RunPage') },
        codes: ['validation_failed', 'chat_not_found'],
      }),
    },
    [`/${path}/{id}/runs/{runId}`]: {
      parameters: [chatId, runId],
      get: operation({
        ...call('run'),
        summary: 'Read a run',
        answers: { 200: answer('The run.', 'Run') },
        codes: ['chat_not_found', 'run_not_found'],
      }),
    },
    [`/${path}/{id}/runs/{runId}/cancel`]: {
      parameters: [chatId, runId],
      post: operation({
        ...call('cancel'),
        summary: 'Cancel a run',
        description:
          'Wherever it is: its text so far is kept, and calls that wait for approval are denied. Nothing happens to a run that has ended.',
        answers: { 202: answer('The run as it is now; one that works ends a moment later.', 'Run') },
        codes: ['validation_failed', 'payload_too_large', 'chat_not_found', 'run_not_found', 'chat_locked'],
      }),
    },
    [`/${path}/{id}/runs/{runId}/events`]: {
      parameters: [chatId, runId],
      get: operation({
        ...call('run_events'),
        summary: 'Follow a run',
        description:
          'From its start or after an event, on any instance, while it works and after. Of a run that waits for approval the events continue with the completion.',
        parameters: [lastEventId, query('after', after)],
        answers: { 200: events, 204: answer('The last event that the reader had was the end of the run.') },
        codes: ['validation_failed', 'chat_not_found', 'run_not_found', 'too_many_followers'],
      }),
    },
    [`/${path}/{id}/stream`]: {
      parameters: [chatId],
      get: operation({
        ...call('stream'),
        summary: 'Follow the active run',
        description: 'From its start; where no run is active, the first one that is queued.',
        parameters: [lastEventId],
        answers: { 200: events, 204: answer('The chat has no active or queued run.') },
        codes: ['chat_not_found', 'too_many_followers'],
      }),
    },
  };
}

const after = integer('The index of the last event that the reader has; -1 for none.', { minimum: -1 });

const lastEventId: JsonObject = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'The `id` of the last event that the reader has: the events after it follow.',
  schema: { type: 'string' },
};

const runHeaders: Schema = {
  'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
  'X-Run-Id': { $ref: '#/components/headers/X-Run-Id' },
};

const events: JsonObject = {
  description: 'The events of the run.',
  headers: runHeaders,
  content: { 'text/event-stream': { schema: component('RunEvent') } },
};
