import { newId } from '../../messages/new-id.js';
import { toolResultEvent } from '../../runs/final-events.js';
import { type RunEvent } from '../../runs/run-event.interface.js';
import { type ResultDraft, type RunKey } from '../../runs/run-progress.interface.js';
import { NOT_STARTED } from '../../turn/tool-round.js';
import { type KindDatabase } from './kind-database.js';
import { type LeftCall } from './read-leftovers.js';
import { saveProgress } from './save-progress.js';

const MAYBE_DONE =
  'The server died while this tool ran: the call may or may not have taken effect. Check before you call it again.';

/**
 * Makes started calls that are idempotent pending again, and answers the others with an error: whether they have taken
 * effect is for the model, or people, to find out. Of a cancelled run all calls get a result.
 * @returns the events of the results
 * @throws ChatNotFoundError, RunLostError
 */
export async function settleCalls(
  database: KindDatabase,
  key: RunKey,
  calls: readonly LeftCall[],
  isCancelled: boolean,
): Promise<RunEvent[]> {
  const open = calls.filter(({ resultMessageId }) => resultMessageId === null);
  const started = open.filter(({ status }) => status === 'running');
  const again = isCancelled ? [] : started.filter(({ idempotent }) => idempotent);
  const cut = isCancelled ? open : started.filter(({ idempotent }) => !idempotent);
  if (again.length === 0 && cut.length === 0) return [];
  const moved = again.map(({ id, isDecided }) => ({
    id,
    status: isDecided ? ('approved' as const) : ('pending' as const),
  }));
  const results = cut.map(failedResult);
  await saveProgress(database, { ...key, moved, results, next: null });
  return results.map(toolResultEvent);
}

function failedResult({ id, providerCallId, name, status }: LeftCall): ResultDraft {
  const content = status === 'running' ? MAYBE_DONE : NOT_STARTED;
  return {
    id: newId(),
    toolCallId: id,
    status: 'failed',
    part: { type: 'tool-result', id: providerCallId, name, content, isError: true },
    createdAt: new Date().toISOString(),
  };
}
