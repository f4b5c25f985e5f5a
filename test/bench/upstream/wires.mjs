// The streams of the three vendor APIs: what comes before the text, one chunk of it, and what comes after.
const TEXT = ' and so it goes';

const named = (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const plain = (event) => `data: ${JSON.stringify(event)}\n\n`;

const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [], stop_reason: null };
const anthropic = {
  head:
    named({ type: 'message_start', message: { ...message, usage: { input_tokens: 25, output_tokens: 1 } } }) +
    named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  delta: named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: TEXT } }),
  tail:
    named({ type: 'content_block_stop', index: 0 }) +
    named({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 100 } }) +
    named({ type: 'message_stop' }),
};

const completion = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt' };
const choice = (delta, finish_reason = null) =>
  plain({ ...completion, choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
const usage = { prompt_tokens: 25, completion_tokens: 100, total_tokens: 125 };
const chat = {
  head: choice({ role: 'assistant', content: '' }),
  delta: choice({ content: TEXT }),
  tail: choice({}, 'stop') + plain({ ...completion, choices: [], usage }) + 'data: [DONE]\n\n',
};

const response = { id: 'resp_1', object: 'response', created_at: 1_700_000_000, model: 'gpt', output: [] };
const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
const part = { type: 'output_text', text: '', annotations: [] };
const counts = { input_tokens: 25, output_tokens: 100, total_tokens: 125 };
const finished = { ...item, status: 'completed', content: [part] };
const responses = {
  head:
    named({ type: 'response.created', sequence_number: 0, response: { ...response, status: 'in_progress' } }) +
    named({ type: 'response.output_item.added', sequence_number: 1, output_index: 0, item }) +
    named({ type: 'response.content_part.added', sequence_number: 2, ...place, part }),
  delta: named({ type: 'response.output_text.delta', sequence_number: 3, ...place, delta: TEXT, logprobs: [] }),
  tail:
    named({ type: 'response.output_text.done', sequence_number: 4, ...place, text: '', logprobs: [] }) +
    named({ type: 'response.content_part.done', sequence_number: 5, ...place, part }) +
    named({ type: 'response.output_item.done', sequence_number: 6, output_index: 0, item: finished }) +
    named({
      type: 'response.completed',
      sequence_number: 7,
      response: { ...response, status: 'completed', output: [finished], usage: counts },
    }),
};

/** The stream of the API that a path belongs to. */
export function wireOf(path) {
  if (path.includes('/chat/completions')) return chat;
  return path.includes('/responses') ? responses : anthropic;
}
