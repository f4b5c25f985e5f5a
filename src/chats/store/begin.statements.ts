import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelParams } from '../../messages/model-request.interface.js';
import { historyBehind } from './history.statements.js';
import { type KindTables } from './kind-tables.js';
import { withLockTimeout } from './lock-timeout.js';
import { mergedParams } from './merged-params.js';
import { type Statement, statement } from './sql-client.js';

/** What a begin tells of the chat and the run. */
export interface BegunHeader {
  model: string;
  params: ModelParams;
  /** The run's tools, or else the chat's. */
  tools: string[] | null;
  agent: string | null;
  agentInputs: JsonObject | null;
  /** The sequence number after the messages that the begin has added. */
  nextSeq: number;
}

/**
 * Takes the next sequence numbers (the chat's row lock puts writers in a queue), inserts the run (the index on active
 * runs refuses a second one), the instructions and the user's message where there are any, and the first attempt; returns
 * the chat and its history. The history is that of the snapshot from before the wait for the lock: see `RunBeginning`.
 */
export function beginStatement(t: KindTables): Statement {
  const { chat } = t;
  const begun = header({
    model: 'r.model',
    params: 'c.params',
    tools: 'coalesce(r.tools, c.tools)',
    agent: 'c.agent',
    agentInputs: 'c.agent_inputs',
    nextSeq: 'c.next_seq',
  });
  return statement(`
WITH ${withLockTimeout('$20')},
c AS MATERIALIZED (
  UPDATE ${t.chats} t
     SET ${chat('nextSeq')} = t.${chat('nextSeq')} + ($9::uuid IS NOT NULL)::int + ($12::uuid IS NOT NULL)::int,
         ${chat('model')} = coalesce($7::text, t.${chat('model')}),
         ${chat('params')} = CASE WHEN $8::json IS NULL THEN t.${chat('params')}
                                  ELSE ${mergedParams(`t.${chat('params')}`, '$8::json')} END,
         ${chat('tools')} = coalesce($16::json, t.${chat('tools')})
    FROM s
   WHERE ${t.isChatOf('t', '$1', '$2')} AND ($21::int IS NULL OR t.${chat('nextSeq')} = $21)
  RETURNING t.${chat('id')} AS id, t.${chat('ownerId')} AS owner_id, t.${chat('model')} AS model,
            t.${chat('params')} AS params, t.${chat('tools')} AS tools, t.${chat('nextSeq')} AS next_seq,
            t.${chat('agent')} AS agent, t.${chat('agentInputs')} AS agent_inputs),
r AS (
  INSERT INTO ${t.runs} (id, chat_kind, chat_id, owner_id, status, model, tools, input, instance_id, started_at)
  SELECT $3, $4, c.id, c.owner_id, 'running', coalesce($5, c.model), $17::json, $19::json, $6, now() FROM c RETURNING id, model, tools),
i AS (
  INSERT INTO ${t.messages} (${columns(t)})
  SELECT $9::uuid, c.id, c.next_seq - 1 - ($12::uuid IS NOT NULL)::int, r.id, 'system', $10, $11::json
    FROM c, r WHERE $9::uuid IS NOT NULL),
u AS (
  INSERT INTO ${t.messages} (${columns(t)})
  SELECT $12::uuid, c.id, c.next_seq - 1, r.id, 'user', $13, $14::json FROM c, r WHERE $12::uuid IS NOT NULL),
a AS (
  INSERT INTO ${t.attempts} (id, run_id, request_id, chat_kind, chat_id, owner_id, step, number, provider, model, status)
  SELECT $15::uuid, r.id, $18, $4, c.id, c.owner_id, 1, 1, 'gitlab', r.model, 'pending' FROM c, r WHERE $15::uuid IS NOT NULL),
h AS (SELECT ${begun} AS begun FROM c, r),
${historyBehind(t, '$22', '$23')}`);
}

/** Where a chat stands before a run that needs a look at its history. */
export interface Standing {
  nextSeq: number;
  /** Whether a run works, or is parked. */
  hasRun: boolean;
}

/** Where the chat `$1` of the owner `$2` stands, of the kind `$3`, and its history. */
export function standingStatement(t: KindTables): Statement {
  const { chat } = t;
  return statement(`
WITH h AS (
  SELECT json_build_object('nextSeq', c.${chat('nextSeq')}, 'hasRun', EXISTS (
           SELECT FROM ${t.runs} r
            WHERE r.chat_kind = $3 AND r.chat_id = c.${chat('id')} AND r.status IN ('running', 'awaiting_approval'))) AS begun
    FROM ${t.chats} c WHERE ${t.isChatOf('c', '$1', '$2')}),
${historyBehind(t, '$4', '$5')}`);
}

/** What an earlier try of the same begin stored, after the connection was lost before its answer came. */
export function begunStatement(t: KindTables): Statement {
  const { chat } = t;
  const begun = header({
    model: 'r.model',
    params: `c.${chat('params')}`,
    tools: `coalesce(r.tools, c.${chat('tools')})`,
    agent: `c.${chat('agent')}`,
    agentInputs: `c.${chat('agentInputs')}`,
    nextSeq: `c.${chat('nextSeq')}`,
  });
  return statement(`
WITH h AS (
  SELECT ${begun} AS begun
    FROM ${t.runs} r JOIN ${t.chats} c ON c.${chat('id')} = r.chat_id WHERE r.id = $2 AND r.status = 'running'),
${historyBehind(t, '$3', '$4')}`);
}

function header(columns: Record<keyof BegunHeader, string>): string {
  const pairs = Object.entries(columns).map(([key, column]) => `'${key}', ${column}`);
  return `json_build_object(${pairs.join(', ')})`;
}

function columns({ message }: KindTables): string {
  return ['id', 'chatId', 'seq', 'runId', 'role', 'text', 'parts'].map(message).join(', ');
}
