import { toProblem } from '../../errors/problem.js';
import { RunInterruptedError } from '../../errors/run.errors.js';
import { noUsage } from '../../messages/usage.js';
import { type RunEventBatch } from '../../runs/live-run.js';
import { type PartialAnswer } from '../../runs/partial-answer.js';
import { type FinishRun } from '../../runs/run-end.interface.js';
import { type AnswerDraft, type RunKey } from '../../runs/run-progress.interface.js';
import { endRunSql, endValues, type FinishRow } from './finish-run.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { type Leftovers } from './read-leftovers.js';
import { resend, RUN_PATIENCE_MS } from './resend.js';

/** How a run ends that does not continue. */
type ClaimedEnd = 'cancelled' | 'interrupted';

/** Ends a claimed run; what its pending attempts cost stays unknown. */
function endClaimedRunSql(t: KindTables): string {
  return endRunSql(
    t,
    `UPDATE ${t.attempts} t SET status = 'unknown' FROM f WHERE t.run_id = $2 AND t.status = 'pending'`,
  );
}

/**
 * Ends a claimed run, with the text of its half message.
 * @param first the events that come before its end
 * @returns whether it has ended now
 */
export async function endClaimedRun(
  database: KindDatabase,
  key: RunKey,
  { stored, usage }: Leftovers,
  half: PartialAnswer | undefined,
  first: RunEventBatch,
  status: ClaimedEnd,
): Promise<boolean> {
  const said = half?.text ? half : undefined;
  const events = [...first.events, ...(said ? [{ type: 'text-delta' as const, text: said.text }] : [])];
  const end: FinishRun = {
    ...key,
    status,
    answer: said ? keptAnswer(said, status, stored.record.model) : null,
    prefixDigest: null,
    attempt: null,
    error: status === 'interrupted' ? toProblem(new RunInterruptedError(key.runId)) : null,
    answerUsage: noUsage,
    usage,
    unlogged: { sent: undefined, fresh: { firstIndex: first.firstIndex, events } },
    supersedes: [],
  };
  const [ended] = await resend(() => database.rows<FinishRow>(endClaimedRunSql, endValues(end)), RUN_PATIENCE_MS);
  return ended?.owned === 1;
}

function keptAnswer({ messageId, text }: PartialAnswer, status: ClaimedEnd, model: string): AnswerDraft {
  return {
    id: messageId,
    status,
    text,
    parts: [{ type: 'text', text }],
    model,
    finishReason: null,
    finishDetail: null,
    createdAt: new Date().toISOString(),
  };
}
