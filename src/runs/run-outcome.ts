import { RunInterruptedError } from '../errors/run.errors.js';
import { AnswerTooLargeError } from '../errors/upstream.errors.js';
import { type MessageStatus } from '../messages/message.interface.js';
import { type ModelAnswer } from '../messages/model-request.interface.js';
import { sanitizeText, textOf } from '../messages/text.js';
import { type AttemptOutcome, type StepOutcome } from '../router/attempt.interface.js';
import { cancelledBeforeSend, failedBeforeSend } from '../router/attempt.js';
import { type TurnEnd } from '../turn/turn.interface.js';
import { type StopReason } from './live-run.js';
import { type RunEndStatus } from './run-event.interface.js';
import { type AnswerDraft } from './run-progress.interface.js';

/** How a run is to be stored: its status, what it leaves in the chat, and its error. */
export interface RunOutcome {
  status: RunEndStatus;
  answer: AnswerDraft | null;
  /** How the last attempt ended, if it has not been stored. */
  attempt: AttemptOutcome;
  error?: unknown;
}

const messageStatuses: Record<Exclude<RunEndStatus, 'awaiting_approval'>, MessageStatus> = {
  completed: 'complete',
  failed: 'failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
};

/** Decides how a run ends from the end of its turn and from the reason why it was stopped, if any. */
export function runOutcome(
  runId: string,
  messageId: string,
  model: string,
  end: TurnEnd,
  stopReason: Exclude<StopReason, 'released'> | undefined,
): RunOutcome {
  if (end.type === 'waiting') return { status: 'awaiting_approval', answer: null, attempt: cancelledBeforeSend(1) };
  const error = end.type === 'answered' ? end.outcome.error : end.error;
  const status = error === undefined ? 'completed' : (stopReason ?? 'failed');
  const shown = errorOf(runId, status, error);
  if (end.type === 'answered') {
    const answer = lastAnswer(messageId, model, end.outcome, status);
    return { status, answer, attempt: end.outcome.attempt, error: shown };
  }
  const attempt = status === 'failed' ? failedBeforeSend(error).attempt : cancelledBeforeSend(1);
  return { status, answer: null, attempt, error: shown };
}

/** A message of the assistant as it is stored. */
export function answerDraft(id: string, status: MessageStatus, answer: ModelAnswer, model: string): AnswerDraft {
  return {
    id,
    status,
    text: sanitizeText(textOf(answer.parts)),
    parts: answer.parts,
    model,
    finishReason: status === 'complete' ? answer.finishReason : null,
    finishDetail: answer.finishDetail ?? null,
    createdAt: new Date().toISOString(),
  };
}

function lastAnswer(
  messageId: string,
  model: string,
  { answer, error }: StepOutcome,
  status: keyof typeof messageStatuses,
): AnswerDraft | null {
  const draft = answerDraft(messageId, messageStatuses[status], answer, model);
  if (status === 'completed') return draft;
  if (status === 'cancelled') return draft.text === '' ? null : draft;
  return draft.parts.length > 0 || error instanceof AnswerTooLargeError ? draft : null;
}

function errorOf(runId: string, status: RunEndStatus, error: unknown): unknown {
  if (status === 'failed') return error;
  return status === 'interrupted' ? new RunInterruptedError(runId) : undefined;
}
