import { type PendingToolCall } from '../turn/turn.interface.js';
import { callsOf, messageWithOpenCalls } from '../messages/open-calls.js';
import { type StartRun } from './run-request.js';
import { type BegunRun } from './begin-run.interface.js';
import { type RunStore } from './run-store.interface.js';

/**
 * The calls that a run works first: those of the last message that have no result. A message that was added by hand, or
 * that was cut, has no stored calls. An ask works none, since its user has moved on.
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
