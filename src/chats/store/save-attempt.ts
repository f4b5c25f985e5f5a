import { type EndedAttempt, type RetryAttempt } from '../../runs/run-progress.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { resend, RUN_PATIENCE_MS } from './resend.js';

/** The columns that say how an attempt ended, in the order of `attemptValues`. */
const outcomeColumns = [
  'status',
  'input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'first_token_ms',
  'duration_ms',
  'error_code',
];

/** `UPDATE … SET` of an attempt, whose id is the parameter `first` and whose values follow it: see `attemptValues`. */
export function endAttempt({ attempts }: Pick<KindTables, 'attempts'>, first: number): string {
  const assignments = outcomeColumns.map((column, index) => `${column} = $${first + 1 + index}`);
  return `UPDATE ${attempts} t SET ${assignments.join(', ')}`;
}

/** The parameters of `endAttempt`; `null` ends no attempt. */
export function attemptValues(attempt: EndedAttempt | null): unknown[] {
  const outcome = attempt?.outcome;
  const usage = outcome?.usage;
  return [
    attempt?.id ?? null,
    outcome?.status ?? null,
    usage?.inputTokens ?? null,
    usage?.outputTokens ?? null,
    usage?.reasoningTokens ?? null,
    usage?.cacheReadTokens ?? null,
    usage?.cacheWriteTokens ?? null,
    outcome?.firstTokenMs ?? null,
    outcome?.durationMs ?? null,
    outcome?.errorCode ?? null,
  ];
}

/** Ends an attempt and adds the next one, which is about to be sent. */
export function saveRetrySql(t: Pick<KindTables, 'attempts'>): string {
  return `
WITH a AS (${endAttempt(t, 1)} WHERE t.id = $1)
INSERT INTO ${t.attempts} (id, run_id, request_id, chat_kind, chat_id, owner_id, step, number, provider, model, status)
SELECT $11, run_id, request_id, chat_kind, chat_id, owner_id, step, $12, provider, model, 'pending' FROM ${t.attempts} WHERE id = $1
ON CONFLICT (id) DO NOTHING`;
}

export async function saveRetry(database: KindDatabase, retry: RetryAttempt): Promise<void> {
  await resend(() => database.rows(saveRetrySql, retryValues(retry)), RUN_PATIENCE_MS);
}

/** The parameters of `saveRetrySql`. */
export function retryValues({ endedId, ended, nextId, nextNumber }: RetryAttempt): unknown[] {
  return [...attemptValues({ id: endedId, outcome: ended }), nextId, nextNumber];
}

function saveLostAttemptSql(t: KindTables): string {
  return `WITH a AS (${endAttempt(t, 1)} WHERE t.id = $1 AND t.status IN ('pending', 'unknown')) SELECT`;
}

/** Ends an attempt of a run that this process has lost: the ledger needs its cost all the same. */
export async function saveLostAttempt(database: KindDatabase, attempt: EndedAttempt): Promise<void> {
  await database.rows(saveLostAttemptSql, attemptValues(attempt));
}
