import { RunInterruptedError } from '../errors/run.errors.js';
import { type MessageStatus } from '../messages/message.interface.js';
import { textOf, storable } from '../messages/text.js';
import { type StepOutcome } from '../router/attempt.interface.js';
import { type StopReason } from './live-run.js';
import { type RunEndStatus } from './run-event.interface.js';
import { type AnswerDraft } from './run-store.interface.js';

/** How a run is to be stored: its status, what it leaves in the chat, and its error. */
export interface RunEnd {
  status: RunEndStatus;
  answer: AnswerDraft | null;
  error?: unknown;
}

const messageStatuses: Record<RunEndStatus, MessageStatus> = {
  completed: 'complete',
  failed: 'failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
};

/** Decides how a run ends by its last step and by why it was told to stop, if it was. */
export function runEnd(
  runId: string,
  messageId: string,
  model: string,
  outcome: StepOutcome,
  stopReason: StopReason | undefined,
): RunEnd {
  const status = outcome.error === undefined ? 'completed' : (stopReason ?? 'failed');
  const text = storable(textOf(outcome.answer.parts));
  const isKept = status === 'completed' || status === 'cancelled' || text !== '';
  const answer: AnswerDraft = {
    id: messageId,
    status: messageStatuses[status],
    text,
    parts: outcome.answer.parts,
    model,
    finishReason: status === 'completed' ? outcome.answer.finishReason : null,
    createdAt: new Date().toISOString(),
  };
  return { status, answer: isKept ? answer : null, error: errorOf(runId, status, outcome.error) };
}

function errorOf(runId: string, status: RunEndStatus, error: unknown): unknown {
  if (status === 'failed') return error;
  return status === 'interrupted' ? new RunInterruptedError(runId) : undefined;
}
