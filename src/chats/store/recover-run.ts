import { type ActiveRun } from './active-run.js';
import { type KindDatabase } from './kind-database.js';
import { takeOver } from './take-over.js';

/**
 * Ends a chat's active run as interrupted, with its text kept, where it is not to continue: its instance is dead and the
 * kind does not take runs over, or this process could not store its end.
 * @returns whether the chat has no active run any more; if not, the run is alive, or continues
 */
export async function recoverRun(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  run: ActiveRun,
): Promise<boolean> {
  if (!isToEnd(database, run)) return false;
  const { instanceId } = database.owner;
  await takeOver(database, chatId, ownerId, { runId: run.id, fence: run.fence, instanceId, mayContinue: false });
  return true;
}

/** A run of this instance that it no longer holds is one whose end could not be stored. */
function isToEnd({ owner, recovery }: KindDatabase, { id, status, instanceId, isExpired }: ActiveRun): boolean {
  if (status !== 'running') return false;
  if (instanceId === owner.instanceId) return !owner.isHeld(id);
  return isExpired && recovery === 'interrupt';
}
