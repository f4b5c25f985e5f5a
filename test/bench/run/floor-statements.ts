/** Begins a plain run by one statement that a person would write for these tables and nothing else, with the history. */
export const floorBegin = {
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

/** Likewise finishes it, with its answer and its log. */
export const floorFinish = {
  name: 'bench-finish',
  text: `WITH f AS (UPDATE duo_runs SET status = 'completed', finished_at = now(), answer_message_id = $3 WHERE id = $2 AND fence = 0 RETURNING chat_id),
c AS (UPDATE chats SET next_seq = next_seq + 1, updated_at = now() FROM f WHERE id = f.chat_id RETURNING id, next_seq - 1 AS seq),
m AS (INSERT INTO messages (id, chat_id, seq, run_id, role, text, parts, model, finish_reason)
      SELECT $3, c.id, c.seq, $2, 'assistant', $4, $5, $6, 'stop' FROM c RETURNING seq),
e AS (INSERT INTO duo_run_events (run_id, first_index, events) SELECT $2, 0, ($10 || seq || $11)::json FROM m),
a AS (UPDATE duo_attempts SET status = 'succeeded', message_id = $3, input_tokens = $7, output_tokens = $8, duration_ms = $9 WHERE id = $1)
SELECT seq FROM m`,
};
