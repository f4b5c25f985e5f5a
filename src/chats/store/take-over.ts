import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { RunInterruptedError, RunLostError, RunNotFoundError } from '../../errors/run.errors.js';
import { type RunEventBatch } from '../../runs/live-run.js';
import { missedEvents, TAKEN_OVER } from '../../runs/missed-events.js';
import { type RunEvent } from '../../runs/run-event.interface.js';
import { TAKEOVER_STRIDE } from '../../runs/logged-events.js';
import { type BegunRun } from '../../runs/begin-run.interface.js';
import { type TakeOverRun } from '../../runs/continue-run.interface.js';
import { type RunKey } from '../../runs/run-progress.interface.js';
import { claimRun } from './claim-run.js';
import { continueRun } from './continue-run.js';
import { endClaimedRun } from './end-claimed-run.js';
import { type KindDatabase } from './kind-database.js';
import { type Leftovers, readLeftovers, readStanding } from './read-leftovers.js';
import { settleCalls } from './settle-calls.js';

/**
 * Takes a run over that lost its instance: continues it, or ends it with its text kept where it was cancelled, may not
 * continue, or was taken over too often.
 * @returns `undefined` where it has ended, or another instance has it
 */
export async function takeOver(
  database: KindDatabase,
  chatId: string,
  ownerId: string | null,
  run: TakeOverRun,
): Promise<BegunRun | undefined> {
  const { runId } = run;
  const claimed = await claimRun(database, run);
  if (claimed === undefined) return undefined;
  const { fence, isCancelled } = claimed;
  const key = { runId, chatId, fence };
  const mayContinue = run.mayContinue && !claimed.isSpent && !isCancelled;
  try {
    const left = await readLeftovers(database, chatId, ownerId, runId);
    const settled = await settleCalls(database, key, left.calls, isCancelled);
    const standing = await readStanding(database, left);
    const { half } = standing;
    const events: RunEvent[] = [
      ...missed(key, left),
      ...settled,
      ...(half ? [{ type: 'reset' as const, messageId: half.messageId, reason: TAKEN_OVER }] : []),
    ];
    const firstIndex = nextStride(left.log);
    if (mayContinue) {
      const { input } = claimed;
      return await continueRun(database, { key, ownerId, left, standing, firstIndex, events, input });
    }
    const status = isCancelled ? 'cancelled' : 'interrupted';
    const hasEnded = await endClaimedRun(database, key, left, half, { firstIndex, events }, status);
    if (hasEnded && !isCancelled && !claimed.wasOwn) logInterruption(database, key, left);
    return undefined;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** What its followers may not have seen, although it is stored. */
function missed({ runId, chatId }: RunKey, { stored, log, told }: Leftovers): RunEvent[] {
  const logged = log.flatMap((batch) => batch.events);
  return missedEvents({ runId, chatId, userMessageId: stored.userMessageId }, logged, told);
}

function nextStride(log: readonly RunEventBatch[]): number {
  const lastIndex = log.at(-1)?.firstIndex ?? 0;
  return (Math.floor(lastIndex / TAKEOVER_STRIDE) + 1) * TAKEOVER_STRIDE;
}

/** A run that this process gave up is in its log already. */
function logInterruption({ owner }: KindDatabase, { runId }: RunKey, { stored, requestId }: Leftovers): void {
  owner.logFailure({ runId, model: stored.record.model, requestId }, new RunInterruptedError(runId));
}

/** Whether another instance has the run, or its chat was deleted. */
function isGone(error: unknown): boolean {
  return error instanceof RunLostError || error instanceof RunNotFoundError || error instanceof ChatNotFoundError;
}
