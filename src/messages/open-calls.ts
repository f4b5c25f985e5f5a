import { type ModelMessage } from './message.interface.js';
import { type ToolCallPart } from './part.interface.js';

/**
 * The last message of the assistant, if it has more calls than results that follow it. Calls of earlier messages are
 * abandoned: the chat has moved on from them, and they get no result any more.
 */
export function messageWithOpenCalls<Message extends Pick<ModelMessage, 'role' | 'parts'>>(
  history: readonly Message[],
): Message | undefined {
  const index = history.findLastIndex(({ role }) => role === 'assistant');
  const message = history[index];
  if (message === undefined) return undefined;
  const results = history.slice(index + 1).filter(({ role }) => role === 'tool').length;
  return callsOf(message).length > results ? message : undefined;
}

/** The calls of a message, in order. */
export function callsOf({ parts }: Pick<ModelMessage, 'parts'>): ToolCallPart[] {
  return parts.filter((part) => part.type === 'tool-call');
}
