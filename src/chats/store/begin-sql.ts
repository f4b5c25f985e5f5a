import { newId } from '../../messages/new-id.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelParams } from '../../messages/model-request.interface.js';
import { sanitizeText, textOf } from '../../messages/text.js';
import { type BeginRun } from '../../runs/begin-run.interface.js';
import { type KindDatabase } from './kind-database.js';
import { type KindTables } from './kind-tables.js';
import { type RevisionSql } from './revision-sql.js';
import { toolsAfter } from './tools-after.js';

/** The chat and the run after a begin. */
export interface BegunHeader {
  model: string;
  params: ModelParams;
  /** The run's tools, or else the chat's. */
  tools: string[] | null;
  agent: string | null;
  agentInputs: JsonObject | null;
  /** The sequence number after the messages that the begin has added. */
  nextSeq: number;
  /** From where on it has superseded messages, if it has now: the history that comes with it has them still. */
  supersededFrom?: number;
}

/** A message that a begin adds. */
export type NewMessage = NonNullable<BeginRun['user']>;

/** What a begin changes of its chat, the row `t`: it takes sequence numbers, and stores the settings. */
export function chatChanges({ chat }: KindTables): string {
  return `${chat('nextSeq')} = t.${chat('nextSeq')} + ($9::uuid IS NOT NULL)::int + ($12::uuid IS NOT NULL)::int,
         ${chat('model')} = coalesce($7::text, t.${chat('model')}),
         ${chat('params')} = CASE WHEN $8::json IS NULL THEN t.${chat('params')}
                                  ELSE ${mergeParamsSql(`t.${chat('params')}`, '$8::json')} END,
         ${chat('tools')} = ${toolsAfter(`t.${chat('tools')}`, '$16::json')}`;
}

/** What the CTE `c` of a begin has of its chat, the row `t`. */
export function changedChat({ chat }: KindTables): string {
  return `t.${chat('id')} AS id, t.${chat('ownerId')} AS owner_id, t.${chat('model')} AS model,
            t.${chat('params')} AS params, t.${chat('tools')} AS tools, t.${chat('nextSeq')} AS next_seq,
            t.${chat('agent')} AS agent, t.${chat('agentInputs')} AS agent_inputs`;
}

/**
 * The CTEs that store the messages and the first attempt of the run in `r` of the chat in `c`, and supersede what a revision
 * takes back; `b` has the header.
 */
export function begunRun(t: KindTables, revision?: RevisionSql): string {
  const columns = ['id', 'chatId', 'seq', 'runId', 'role', 'text', 'parts'].map(t.message).join(', ');
  const externalId = t.message('externalId');
  const done = headerJson({
    model: 'r.model',
    params: 'c.params',
    tools: 'coalesce(r.tools, c.tools)',
    agent: 'c.agent',
    agentInputs: 'c.agent_inputs',
    nextSeq: 'c.next_seq',
    ...(revision && { supersededFrom: '(SELECT first FROM z)' }),
  });
  // An external id is free once its message is superseded.
  const first = revision ? ', (SELECT count(*) FROM o) o' : '';
  return `${revision?.superseded ?? ''}
i AS (
  INSERT INTO ${t.messages} (${columns})
  SELECT $9::uuid, c.id, c.next_seq - 1 - ($12::uuid IS NOT NULL)::int, r.id, 'system', $10, $11::json
    FROM c, r WHERE $9::uuid IS NOT NULL),
u AS (
  INSERT INTO ${t.messages} (${columns}, ${externalId})
  SELECT $12::uuid, c.id, c.next_seq - 1, r.id, 'user', $13, $14::json, $20 FROM c, r${first} WHERE $12::uuid IS NOT NULL),
a AS (
  INSERT INTO ${t.attempts} (id, run_id, request_id, chat_kind, chat_id, owner_id, step, number, provider, model, status)
  SELECT $15::uuid, r.id, $18, $4, c.id, c.owner_id, 1, 1, 'gitlab', r.model, 'pending' FROM c, r WHERE $15::uuid IS NOT NULL),
b AS (SELECT ${done} AS done FROM c, r)`;
}

/** The columns of the rows of a run and its chat that make a `BegunHeader`. */
export function headerColumns(
  { chat }: KindTables,
  run: string,
  ofChat: string,
): Record<Exclude<keyof BegunHeader, 'supersededFrom'>, string> {
  return {
    model: `${run}.model`,
    params: `${ofChat}.${chat('params')}`,
    tools: `coalesce(${run}.tools, ${ofChat}.${chat('tools')})`,
    agent: `${ofChat}.${chat('agent')}`,
    agentInputs: `${ofChat}.${chat('agentInputs')}`,
    nextSeq: `${ofChat}.${chat('nextSeq')}`,
  };
}

/** An object of JSON with a property for each expression. */
export function headerJson(columns: Record<string, string>): string {
  const pairs = Object.entries(columns).map(([key, column]) => `'${key}', ${column}`);
  return `json_build_object(${pairs.join(', ')})`;
}

/**
 * The JSON of `params` after the JSON of `changes`, as `mergeParams` defines it; both are expressions of the type `json`.
 * `jsonb` would reorder keys, which misses prompt caches, and `jsonb_strip_nulls` would reach into values. A key that
 * occurs twice keeps its first place and its last value, as in JavaScript.
 */
export function mergeParamsSql(params: string, changes: string): string {
  const pairs = (object: string, turn: number): string =>
    `SELECT key, value, ${turn} AS turn, place FROM json_each(${object}) WITH ORDINALITY AS pair (key, value, place)`;
  return `(
  SELECT coalesce(json_object_agg(key, value ORDER BY first) FILTER (WHERE json_typeof(value) <> 'null'), '{}')
    FROM (SELECT key, min(array[turn, place]) AS first, (array_agg(value ORDER BY turn DESC, place DESC))[1] AS value
            FROM (${pairs(params, 1)} UNION ALL ${pairs(changes, 2)}) pairs GROUP BY key) merged)`;
}

/** The message that makes instructions the chat's own. */
export function systemMessage(instructions: string | undefined): NewMessage | null {
  if (instructions === undefined) return null;
  return { id: newId(), parts: [{ type: 'text', text: sanitizeText(instructions) }] };
}

/** The first parameters of a begin, up to `$20`. */
export function beginValues(
  { kind }: KindDatabase,
  chatId: string,
  ownerId: string | null,
  run: BeginRun,
  system: NewMessage | null,
): unknown[] {
  const { model, params, tools } = run.settings;
  return [
    chatId,
    ownerId,
    run.runId,
    kind,
    run.model,
    run.instanceId,
    model ?? null,
    params === undefined ? null : JSON.stringify(params),
    ...messageValues(system),
    ...messageValues(run.user),
    run.attemptId,
    tools ? JSON.stringify(tools) : null,
    run.tools && JSON.stringify(run.tools),
    run.requestId,
    run.options && JSON.stringify(run.options),
    run.user?.externalId ?? null,
  ];
}

function messageValues(message: NewMessage | null): unknown[] {
  return message ? [message.id, textOf(message.parts), JSON.stringify(message.parts)] : [null, null, null];
}
