import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { type BenchDatabase } from './bench-database.js';
import { ANSWER, EVENTS, MODEL, PlainRuns, QUESTION, USAGE } from './plain-run.js';

/** Does the database work of one plain run: begin with the whole history, and finish. */
export interface Contestant {
  run(chatId: string): Promise<void>;
}

/** Of a request that has a key. */
const REQUEST_HASH = 'a'.repeat(64);

/**
 * Our store, through the port that runs use.
 * @param isKeyed whether each ask has an idempotency key
 */
export function ours({ dataSource }: BenchDatabase, isKeyed = false): Contestant {
  const runs = new PlainRuns(dataSource);
  return {
    async run(chatId) {
      const { begun, finish } = await runs.begin(chatId, isKeyed ? { key: uuidv7(), requestHash: REQUEST_HASH } : null);
      if (begun.history.length !== 21) throw new Error(`The history has ${begun.history.length} messages.`);
      await finish();
    },
  };
}

/** The same rows by two statements that a person would write for these tables and nothing else. */
export function floor({ pool }: BenchDatabase): Contestant {
  const begin = {
    name: 'bench-begin',
    text: `WITH c AS (UPDATE chats SET next_seq = next_seq + 1 WHERE id = $1 RETURNING id, model, params, next_seq - 1 AS seq),
r AS (INSERT INTO duo_runs (id, chat_kind, chat_id, status, model, instance_id, started_at)
      SELECT $2, 'chats', c.id, 'running', c.model, $3, now() FROM c),
u AS (INSERT INTO messages (id, chat_id, seq, run_id, role, text, parts) SELECT $4, c.id, c.seq, $2, 'user', $5, $6 FROM c),
a AS (INSERT INTO duo_attempts (id, run_id, chat_kind, chat_id, step, number, provider, model, status)
      SELECT $7, $2, 'chats', c.id, 1, 1, 'gitlab', c.model, 'pending' FROM c)
SELECT NULL::uuid AS id, -1 AS seq, NULL AS role, NULL AS status, c.params AS parts, c.model FROM c
UNION ALL (SELECT id, seq, role, status, parts, NULL FROM messages WHERE chat_id = $1) ORDER BY seq`,
  };
  const finish = {
    name: 'bench-finish',
    text: `WITH f AS (UPDATE duo_runs SET status = 'completed', finished_at = now(), answer_message_id = $3 WHERE id = $2 AND fence = 0 RETURNING chat_id),
c AS (UPDATE chats SET next_seq = next_seq + 1, updated_at = now() FROM f WHERE id = f.chat_id RETURNING id, next_seq - 1 AS seq),
m AS (INSERT INTO messages (id, chat_id, seq, run_id, role, text, parts, model, finish_reason)
      SELECT $3, c.id, c.seq, $2, 'assistant', $4, $5, $6, 'stop' FROM c RETURNING seq),
e AS (INSERT INTO duo_run_events (run_id, first_index, events) SELECT $2, 0, ($10 || seq || $11)::json FROM m),
a AS (UPDATE duo_attempts SET status = 'succeeded', message_id = $3, input_tokens = $7, output_tokens = $8, duration_ms = $9 WHERE id = $1)
SELECT seq FROM m`,
  };
  const instanceId = randomUUID();
  return {
    async run(chatId) {
      const [runId, attemptId] = [uuidv7(), uuidv7()];
      const question = JSON.stringify([{ type: 'text', text: QUESTION }]);
      const begun = await pool.query({
        ...begin,
        values: [chatId, runId, instanceId, uuidv7(), QUESTION, question, attemptId],
      });
      if (begun.rows.length !== 21) throw new Error(`The history has ${begun.rows.length - 1} messages.`);
      const [answerId, parts] = [uuidv7(), [{ type: 'text', text: ANSWER }]];
      const answer = JSON.stringify(parts);
      const message = { id: answerId, chatId, runId, role: 'assistant', status: 'complete', text: ANSWER, parts };
      const whole = {
        ...message,
        model: MODEL,
        finishReason: 'stop',
        createdAt: new Date().toISOString(),
        usage: USAGE,
      };
      const log = `${JSON.stringify(EVENTS).slice(0, -1)},{"type":"message-end","message":{"seq":`;
      const end = [
        { usage: USAGE, finishReason: 'stop' },
        { type: 'run-end', status: 'completed', usage: USAGE },
      ];
      const logEnd = `,${JSON.stringify(whole).slice(1)},${JSON.stringify(end).slice(2)}`;
      await pool.query({
        ...finish,
        values: [
          attemptId,
          runId,
          answerId,
          ANSWER,
          answer,
          MODEL,
          USAGE.inputTokens,
          USAGE.outputTokens,
          2_000,
          log,
          logEnd,
        ],
      });
    },
  };
}
