import { type ErrorCode } from '../../errors/gitlab-duo.error.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { answer, operation, query } from './operation.js';

const DECISION_CODES: ErrorCode[] = [
  'validation_failed',
  'chat_not_found',
  'not_found',
  'pending_tool_calls',
  'payload_too_large',
];

/** The routes for decisions on the tool calls of one kind of chat. */
export function toolCallPaths(path: string): Record<string, JsonObject> {
  const call = (name: string) => ({ id: `${path.replaceAll(/\W+/g, '_')}_${name}`, tag: path, hasId: true });
  const chatId: JsonObject = { $ref: '#/components/parameters/chatId' };
  const toolCallId: JsonObject = { $ref: '#/components/parameters/toolCallId' };
  const decision = { description: 'Once it is decided, only the same decision is taken again.', codes: DECISION_CODES };
  return {
    [`/${path}/{id}/tool-calls`]: {
      parameters: [chatId],
      get: operation({
        ...call('tool_calls'),
        summary: 'List the tool calls that wait for approval',
        parameters: [query('status', { type: 'string', enum: ['pending'] }, 'pending')],
        answers: { 200: answer('The calls in order.', 'ToolCallList') },
        codes: ['validation_failed', 'chat_not_found'],
      }),
    },
    [`/${path}/{id}/tool-calls/{toolCallId}/approve`]: {
      parameters: [chatId, toolCallId],
      post: operation({
        ...call('approve'),
        ...decision,
        summary: 'Let a tool call run with the next completion',
        answers: { 200: answer('The call.', 'ToolCall') },
      }),
    },
    [`/${path}/{id}/tool-calls/{toolCallId}/deny`]: {
      parameters: [chatId, toolCallId],
      post: operation({
        ...call('deny'),
        ...decision,
        summary: 'Keep a tool call from running',
        body: ['DenialBody', false],
        answers: { 200: answer('The call.', 'ToolCall') },
      }),
    },
  };
}
