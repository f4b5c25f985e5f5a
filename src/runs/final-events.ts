import { type Problem } from '../errors/problem.js';
import { type MessageRecord, type Usage } from '../messages/message.interface.js';
import { type ToolResultPart } from '../messages/part.interface.js';
import { type ToolCall } from '../turn/turn.interface.js';
import { type RunEndStatus, type RunEvent } from './run-event.interface.js';

/** What the last events of a run tell. */
export interface FinalState {
  status: RunEndStatus;
  error: Problem | null;
  /** What the answer cost. */
  answerUsage: Usage;
  /** What all of the run cost. */
  usage: Usage;
}

/** The event that lists the calls to approve or deny before the run can continue. */
export function approvalRequired(calls: readonly ToolCall[]): RunEvent {
  const toolCalls = calls.map(({ id, part }) => ({
    id,
    providerCallId: part.id,
    name: part.name,
    arguments: part.arguments,
  }));
  return { type: 'approval-required', toolCalls };
}

/** The last events of a run, the same for its followers and for its log. */
export function finalEvents(
  { status, error, answerUsage, usage }: FinalState,
  message: MessageRecord | null,
): RunEvent[] {
  const events: RunEvent[] = [];
  if (message) {
    const { finishReason } = message;
    events.push({ type: 'message-end', message: { ...message, usage: answerUsage }, usage: answerUsage, finishReason });
  }
  if (error) events.push({ type: 'error', problem: error });
  events.push({ type: 'run-end', status, usage });
  return events;
}

/** The event of a call's result. */
export function toolResultEvent({ toolCallId, part }: { toolCallId: string; part: ToolResultPart }): RunEvent {
  const { id: providerCallId, name, content, isError } = part;
  return { type: 'tool-result', toolCallId, providerCallId, name, content, isError };
}
