import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { feed } from './feed.js';

const block = (index: number, content: object, delta: object) => [
  { type: 'content_block_start', index, content_block: content },
  { type: 'content_block_delta', index, delta },
  { type: 'content_block_stop', index },
];
const claude = (reason: string) => [
  ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hi' }),
  ...block(1, { type: 'tool_use', id: 'a', name: 'save', input: {} }, { type: 'input_json_delta', partial_json: '{}' }),
  { type: 'message_delta', delta: { stop_reason: reason } },
  { type: 'message_stop' },
];

const piece = { index: 0, id: 'a', function: { name: 'save', arguments: '{}' } };
const chat = (words: object, reason: string) => [
  { choices: [{ delta: words }] },
  { choices: [{ delta: { tool_calls: [piece] } }] },
  { choices: [{ delta: {}, finish_reason: reason }] },
  '[DONE]',
];

const call = { type: 'function_call', call_id: 'a', name: 'save', arguments: '{}' };
const responses = (kind: string, end: object) => [
  { type: `response.${kind}.delta`, output_index: 0, delta: 'Hi' },
  { type: 'response.output_item.done', output_index: 1, item: call },
  end,
];
const completed = { type: 'response.completed', response: { output: [] } };
const incomplete = (reason: string) => ({
  type: 'response.incomplete',
  response: { incomplete_details: { reason } },
});

const text = { type: 'text', text: 'Hi' };
const told = { type: 'tool-call', id: 'a', name: 'save', arguments: {} };

describe('An answer with a complete call', () => {
  it.each([
    ['refusal', anthropicDelegate, claude('refusal')],
    ['context-window', anthropicDelegate, claude('model_context_window_exceeded')],
    ['content-filter', openaiChatDelegate, chat({ content: 'Hi' }, 'content_filter')],
    ['refusal', openaiChatDelegate, chat({ refusal: 'Hi' }, 'stop')],
    ['content-filter', openaiResponsesDelegate, responses('output_text', incomplete('content_filter'))],
    ['refusal', openaiResponsesDelegate, responses('refusal', completed)],
    ['refusal', openaiResponsesDelegate, responses('refusal', incomplete('max_output_tokens'))],
  ])('that ends by %s keeps its text and drops the call', (finishReason, delegate, stream) => {
    const { events, answer, error } = feed(delegate, stream);
    expect(error).toBeUndefined();
    expect(answer).toMatchObject({ parts: [text], finishReason });
    expect(events).toEqual([{ type: 'text-delta', text: 'Hi' }]);
  });

  it.each([
    ['Messages', anthropicDelegate, claude('max_tokens')],
    ['Chat Completions', openaiChatDelegate, chat({ content: 'Hi' }, 'length')],
    ['Responses', openaiResponsesDelegate, responses('output_text', incomplete('max_output_tokens'))],
  ])('that ends by its token limit keeps the call, on %s', (_api, delegate, stream) => {
    const { events, answer } = feed(delegate, stream);
    expect(answer).toMatchObject({ parts: [text, told], finishReason: 'length' });
    expect(events.at(-1)).toEqual(told);
  });
});
