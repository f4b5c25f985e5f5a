/** The frame of one server-sent event, as the vendors that name their events write it. */
function named(event: { type: string; [field: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function unnamed(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** What one vendor's stream is made of: an answer of 12 tokens of input, 4 of them cached, and 7 of output. */
export interface VendorWire {
  model: string;
  /** Up to the first word, with what is told of the usage by then. */
  start: string;
  text: (words: string) => string;
  /** A call of the tool `pay` with these arguments, behind the start, and the end of the answer. */
  call: (json: string) => string;
  /** The end of the words and, on APIs that tell it before their last event, the usage. */
  lastUsage: string;
  /** The last event. */
  end: string;
  /** An error inside the stream, with the usage where the API has a place for it. */
  failure: string;
}

const chunk = (delta: object, reason: string | null = null): string =>
  unnamed({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: reason }] });
const chatUsage = {
  prompt_tokens: 12,
  completion_tokens: 7,
  prompt_tokens_details: { cached_tokens: 4 },
};
const responsesUsage = { input_tokens: 12, output_tokens: 7, input_tokens_details: { cached_tokens: 4 } };

/** The three APIs. */
export const vendorWires: Readonly<Record<'Messages' | 'Chat Completions' | 'Responses', VendorWire>> = {
  Messages: {
    model: 'duo-chat-sonnet-4-6',
    start:
      named({
        type: 'message_start',
        message: { content: [], usage: { input_tokens: 8, cache_read_input_tokens: 4, output_tokens: 1 } },
      }) + named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    text: (words) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: words } }),
    call: (json) =>
      named({ type: 'content_block_stop', index: 0 }) +
      named({
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'tool_use', id: 'a', name: 'pay', input: {} },
      }) +
      named({ type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: json } }) +
      named({ type: 'content_block_stop', index: 1 }) +
      named({ type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 7 } }) +
      named({ type: 'message_stop' }),
    lastUsage:
      named({ type: 'content_block_stop', index: 0 }) +
      named({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }),
    end: named({ type: 'message_stop' }),
    failure: named({ type: 'error', error: { type: 'api_error', message: 'Internal error.' } }),
  },
  'Chat Completions': {
    model: 'duo-chat-gpt-5-1',
    start: chunk({ role: 'assistant', content: '' }),
    text: (content) => chunk({ content }),
    call: (json) =>
      chunk({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'pay', arguments: json } }] }) +
      chunk({}, 'tool_calls') +
      'data: [DONE]\n\n',
    lastUsage: chunk({}, 'stop') + unnamed({ choices: [], usage: chatUsage }),
    end: 'data: [DONE]\n\n',
    failure: unnamed({ error: { type: 'server_error', message: 'Internal error.' }, usage: chatUsage }),
  },
  Responses: {
    model: 'duo-chat-gpt-5-6-sol',
    start: named({ type: 'response.created', response: { status: 'in_progress', usage: null } }),
    text: (delta) => named({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta }),
    call: (json) => {
      const item = { type: 'function_call', id: 'fc_1', call_id: 'a', name: 'pay', arguments: json };
      return (
        named({ type: 'response.function_call_arguments.delta', output_index: 0, delta: json }) +
        named({ type: 'response.output_item.done', output_index: 0, item }) +
        named({ type: 'response.completed', response: { output: [item], usage: responsesUsage } })
      );
    },
    lastUsage: '',
    end: named({ type: 'response.completed', response: { output: [], usage: responsesUsage } }),
    failure: named({
      type: 'response.failed',
      response: { output: [], error: { code: 'server_error', message: 'Internal error.' }, usage: responsesUsage },
    }),
  },
};
