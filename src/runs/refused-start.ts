import { type WhenBusy } from '../config/gitlab-duo-options.interface.js';
import { ChatBusyError, PendingToolCallsError, QueueFullError } from '../errors/chat.errors.js';
import { MessageNotFoundError } from '../errors/message.errors.js';
import { ServerBusyError } from '../errors/request.errors.js';
import { KeyTakenError, TooManyRunsError } from '../errors/run.errors.js';
import { type StartRun } from './run-request.js';

/** Whether a request with a key may have been refused because of an earlier one with the same key. */
export function mayBeRepeated(error: unknown): boolean {
  return (
    error instanceof KeyTakenError ||
    error instanceof MessageNotFoundError ||
    error instanceof ChatBusyError ||
    error instanceof PendingToolCallsError ||
    error instanceof QueueFullError ||
    error instanceof TooManyRunsError ||
    error instanceof ServerBusyError
  );
}

/**
 * What to do with an ask that was refused. A completion is how a parked run continues, so it does not wait for the end of
 * that run unless the call itself says so; the verbs that take a chat a step further never wait.
 */
export function chooseWhenBusy(
  error: unknown,
  { user, revision, scope = 'answer', ...start }: StartRun,
  byModule: WhenBusy,
): WhenBusy {
  if (scope !== 'answer') return 'reject';
  const isParked = error instanceof PendingToolCallsError;
  if (!isParked && !(error instanceof ChatBusyError)) return 'reject';
  const byDefault = isParked && user === null && revision === undefined ? 'reject' : (start.whenBusyOfKind ?? byModule);
  return start.whenBusy ?? byDefault;
}
