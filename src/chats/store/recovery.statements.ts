import { type Usage } from '../../messages/message.interface.js';
import { type RunEventBatch } from '../../runs/live-run.js';
import { type RunOptions } from '../../runs/run-options.js';
import { endStatement } from './finish.statements.js';
import { type KindTables } from './kind-tables.js';
import { type Statement, statement } from './sql-client.js';

/** The active run of a chat. `is_dead`: the lease of its instance has run out; one that waits for a person has none. */
export interface ActiveRunRow {
  id: string;
  fence: number;
  status: string;
  instance_id: string | null;
  input: RunOptions | null;
  is_dead: boolean;
}

/** Reads the active run of a chat, and whether its instance's lease has run out by the database's clock. */
export function activeRunStatement(t: KindTables): Statement {
  return statement(`
SELECT r.id, r.fence, r.status, r.instance_id, r.input, (i.expires_at IS NULL OR i.expires_at < clock_timestamp()) AS is_dead
  FROM ${t.runs} r LEFT JOIN ${t.instances} i ON i.id = r.instance_id
 WHERE r.chat_kind = $1 AND r.chat_id = $2 AND r.status IN ('running', 'awaiting_approval')`);
}

/**
 * Takes a run over: whoever moves the fence last owns the run's end. It gets no instance, so that it does not wait for a
 * lease again should its recovery be cut short.
 */
export function claimStatement(t: KindTables): Statement {
  return statement(`
WITH r AS (
  UPDATE ${t.runs} SET fence = fence + 1, instance_id = NULL WHERE id = $1 AND fence = $2 AND status = 'running' RETURNING fence)
SELECT fence FROM r`);
}

/** What a run has left behind. */
export interface RemainsRow {
  model: string;
  /** Of the request that its last attempt was made for. */
  requestId: string | null;
  /** The messages that it has stored. */
  messages: string[];
  /** Its log, in order. */
  log: RunEventBatch[];
  /** What its attempts cost, as far as that is known. */
  usage: Usage;
  /** The calls of tools that had started, and have no result. */
  calls: StartedCall[];
}

/** A call that may have taken effect. */
export interface StartedCall {
  id: string;
  /** The vendor's. */
  providerCallId: string;
  name: string;
  idempotent: boolean;
  isDecided: boolean;
}

const tokenColumns: Record<keyof Usage, string> = {
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  reasoningTokens: 'reasoning_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
};

/** Reads what a run has left behind. */
export function remainsStatement(t: KindTables): Statement {
  const { message } = t;
  return statement(`
SELECT r.model,
       (SELECT a.request_id FROM ${t.attempts} a WHERE a.run_id = r.id ORDER BY a.id DESC LIMIT 1) AS "requestId",
       ARRAY(SELECT m.${message('id')} FROM ${t.messages} m
              WHERE m.${message('chatId')} = r.chat_id AND m.${message('runId')} = r.id) AS messages,
       (SELECT coalesce(json_agg(json_build_object('firstIndex', e.first_index, 'events', e.events) ORDER BY e.first_index), '[]')
          FROM ${t.events} e WHERE e.run_id = r.id) AS log,
       ${usageOfRun(t, 'r.id')} AS usage,
       (SELECT coalesce(json_agg(json_build_object('id', c.id, 'providerCallId', c.provider_call_id, 'name', c.name, 'idempotent', c.idempotent,
                                                   'isDecided', c.decided_at IS NOT NULL) ORDER BY c.message_id, c.ordinal), '[]')
          FROM ${t.toolCalls} c WHERE c.run_id = r.id AND c.status = 'running') AS calls
  FROM ${t.runs} r WHERE r.id = $1`);
}

/** What the attempts of a run cost, as far as that is known, as JSON. */
export function usageOfRun({ attempts }: KindTables, runId: string): string {
  const tokens = Object.entries(tokenColumns).map(([name, column]) => `'${name}', coalesce(sum(a.${column}), 0)`);
  return `(SELECT json_build_object(${tokens.join(', ')}) FROM ${attempts} a WHERE a.run_id = ${runId})`;
}

/** Ends a claimed run; what its pending attempts cost stays unknown. */
export function interruptStatement(t: KindTables): Statement {
  return endStatement(
    t,
    `UPDATE ${t.attempts} t SET status = 'unknown' FROM f WHERE t.run_id = $2 AND t.status = 'pending'`,
  );
}
