import { noUsage } from '../messages/usage.js';
import { type RunEventBatch } from './live-run.js';
import { finalEvents } from './final-events.js';
import { type RunEndStatus, type RunEvent, type RunStatus } from './run-event.interface.js';
import { type StoredRun } from './stored-run.interface.js';

/** Whether a run with this status emits no more events. */
export function isFinal(status: RunStatus): status is Exclude<RunEndStatus, 'awaiting_approval'> {
  return status !== 'queued' && status !== 'running' && status !== 'awaiting_approval';
}

/** Whether the event is the last one of its run: a parked run emits more once it continues. */
export function endsRun(event: RunEvent | undefined): boolean {
  return event?.type === 'run-end' && event.status !== 'awaiting_approval';
}

/** The events of an ended run as its stored messages tell them. */
export function rebuiltEvents({ record, messages, answerUsage, userMessageId }: StoredRun): RunEvent[] {
  const { id: runId, chatId, status, error, usage } = record;
  const said = messages.filter(({ role }) => role === 'assistant');
  const events: RunEvent[] = [{ type: 'run-start', runId, chatId, userMessageId }];
  for (const message of said) {
    const { id: messageId, role, text, finishReason } = message;
    events.push({ type: 'message-start', messageId, role });
    if (text !== '') events.push({ type: 'text-delta', text });
    if (message === said.at(-1)) break;
    events.push({ type: 'message-end', message: { ...message, usage: noUsage }, usage: noUsage, finishReason });
  }
  const ended = { status: status as RunEndStatus, error, answerUsage, usage };
  return [...events, ...finalEvents(ended, said.at(-1) ?? null)];
}

/** Takes back what a follower has of the run's messages. */
export function resets({ messages }: StoredRun, after: number): RunEventBatch {
  const events = messages
    .filter(({ role }) => role === 'assistant')
    .map(({ id: messageId }): RunEvent => ({ type: 'reset', messageId, reason: 'server_busy' }));
  return { firstIndex: after, events, isCorrection: true };
}
