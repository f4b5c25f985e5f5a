import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { type MessageRecord, type Usage } from '../messages/message.interface.js';
import { type RunEvent } from './run-event.interface.js';

/** Why the message that a dead process was saying is taken back. */
export const TAKEN_OVER: ErrorCode = 'server_busy';

/** A message that a run has stored. */
export interface ToldMessage {
  message: MessageRecord;
  /** What it cost. */
  usage: Usage;
  /** The id of the call that it answers. */
  toolCallId: string | null;
}

/** The events of what a run has stored while its log, which is behind, does not have them. */
export function missedEvents(
  { runId, chatId, userMessageId }: { runId: string; chatId: string; userMessageId: string | null },
  log: readonly RunEvent[],
  told: readonly ToldMessage[],
): RunEvent[] {
  const known = new Set(log.map(eventName));
  const events: RunEvent[] = [{ type: 'run-start', runId, chatId, userMessageId }, ...told.flatMap(eventsOf)];
  return events.filter((event) => !known.has(eventName(event)));
}

function eventsOf({ message, usage, toolCallId }: ToldMessage): RunEvent[] {
  const { id: messageId, role, status, finishReason } = message;
  const [part] = message.parts;
  if (part?.type === 'tool-result' && toolCallId !== null) {
    const { id: providerCallId, name, content, isError } = part;
    return [{ type: 'tool-result', toolCallId, providerCallId, name, content, isError }];
  }
  if (role !== 'assistant') return [];
  return [
    { type: 'message-start', messageId, role },
    { type: 'message-end', message: { ...message, usage }, usage, finishReason },
    // A wrong answer, which another one replaces.
    ...(status === 'failed' ? [{ type: 'reset' as const, messageId, reason: 'schema_mismatch' as const }] : []),
  ];
}

/** What an event says, as far as it happens once in a run. */
function eventName(event: RunEvent): string {
  switch (event.type) {
    case 'message-start':
      return `${event.type} ${event.messageId}`;
    case 'reset':
      return `${event.type} ${event.messageId} ${event.reason}`;
    case 'message-end':
      return `${event.type} ${event.message.id}`;
    case 'tool-result':
      return `${event.type} ${event.toolCallId}`;
    default:
      return event.type;
  }
}
