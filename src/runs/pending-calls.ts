import { type PendingToolCall } from '../turn/turn.interface.js';
import { callsOf, messageWithOpenCalls, type StartRun } from './run-request.js';
import { type BegunRun, type RunStore } from './run-store.interface.js';

/**
 * The calls that a run works first: those of the last message that have no result. One that was added to the chat by
 * hand, or that did not end well, has none that can be worked; and an ask leaves them alone, since its user has moved on.
 */
export async function openCalls(
  store: RunStore,
  { history, resumed }: BegunRun,
  start: StartRun,
): Promise<PendingToolCall[]> {
  const message = start.user === null ? messageWithOpenCalls(history) : undefined;
  if (message === undefined) return [];
  const stored = resumed?.openCalls ?? (await store.openCalls(message.id));
  const parts = callsOf(message);
  return stored.flatMap((call) => {
    const part = parts[call.ordinal];
    return part ? [{ ...call, part }] : [];
  });
}
