import { ValidationError } from '../errors/request.errors.js';
import { messageWithOpenCalls } from '../messages/open-calls.js';
import { type StartRun, withoutUnfinished } from './run-request.js';
import { type BeginRun, type HistoryMessage } from './begin-run.interface.js';
import { type RunStore } from './run-store.interface.js';

/** Ends the begin of a run that only runs tools, where every call has a result. */
export class NothingToRunError extends Error {}

/** Ends the begin of a run without a new user message, where no message waits for an answer. */
export class NothingToAnswerError extends ValidationError {}

/** What a run that is to work on what the chat has already needs of its history; `null` for any other run. */
export function beginCheck(store: RunStore, { user, revision, scope, chat }: StartRun): BeginRun['check'] {
  if (user !== null || revision) return null;
  return async (history) => {
    if (scope === 'tools') {
      const called = messageWithOpenCalls(history);
      if (called !== undefined && (await store.openCalls(called.id)).length > 0) return;
      throw new NothingToRunError(`Chat ${chat.id} has no tool call without a result.`);
    }
    if (!isWaiting(history)) {
      throw new NothingToAnswerError(
        `Chat ${chat.id} has no message that waits for an answer. Send a new message instead of asking for a completion.`,
      );
    }
    const called = scope === 'generate' ? messageWithOpenCalls(history) : undefined;
    if (called !== undefined && (await store.openCalls(called.id)).length > 0) {
      throw new ValidationError(
        `Chat ${chat.id} has tool calls without a result. Call runTools() first, then generate().`,
      );
    }
  };
}

/** Whether the last thing that was said is not a whole answer. */
function isWaiting(history: readonly HistoryMessage[]): boolean {
  const { kept } = withoutUnfinished(history);
  const last = kept.findLast(({ role }) => role !== 'system');
  if (last?.role !== 'assistant') return last !== undefined;
  return last.finishReason === 'pause' || messageWithOpenCalls(kept) === last;
}
