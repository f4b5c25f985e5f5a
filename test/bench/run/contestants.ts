import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { Chat } from '../../../src/chats/chat.entity.js';
import { chatKind } from '../../../src/chats/chat-kind.js';
import { KindStore } from '../../../src/chats/store/kind-store.js';
import { LeaseStores } from '../../../src/chats/store/lease-stores.service.js';
import { type BenchDatabase } from './bench-database.js';

/** Does the database work of one plain run: begin with the whole history, and finish. */
export interface Contestant {
  run(chatId: string): Promise<void>;
}

const QUESTION = 'And what about the lazy dog?';
const ANSWER = 'The lazy dog sleeps. '.repeat(20);
const MODEL = 'duo-chat-sonnet-4-6';
const usage = { inputTokens: 1_000, outputTokens: 100, reasoningTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** Our store, through the port that runs use. */
export function ours({ dataSource }: BenchDatabase): Contestant {
  const instanceId = randomUUID();
  const owner = { instanceId, isHeld: () => true };
  const store = new KindStore(dataSource, chatKind(Chat), new LeaseStores().of(dataSource), owner);
  return {
    async run(chatId) {
      const runs = store.runsOf(chatId, null);
      const runId = uuidv7();
      const attemptId = uuidv7();
      const begun = await runs.begin({
        runId,
        attemptId,
        instanceId,
        user: { id: uuidv7(), parts: [{ type: 'text', text: QUESTION }] },
        model: null,
        settings: {},
      });
      if (begun.history.length !== 21) throw new Error(`The history has ${begun.history.length} messages.`);
      await runs.finish({
        runId,
        chatId,
        fence: begun.fence,
        status: 'completed',
        answer: {
          id: uuidv7(),
          status: 'complete',
          text: ANSWER,
          parts: [{ type: 'text', text: ANSWER }],
          model: begun.model,
          finishReason: 'stop',
          createdAt: new Date().toISOString(),
        },
        attemptId,
        attempt: { number: 1, status: 'succeeded', usage, firstTokenMs: 300, durationMs: 2_000, errorCode: null },
        error: null,
        supersedes: [],
      });
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
      const answer = JSON.stringify([{ type: 'text', text: ANSWER }]);
      await pool.query({
        ...finish,
        values: [attemptId, runId, uuidv7(), ANSWER, answer, MODEL, usage.inputTokens, usage.outputTokens, 2_000],
      });
    },
  };
}
