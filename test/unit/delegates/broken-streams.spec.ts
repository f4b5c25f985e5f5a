import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { feed } from './feed.js';

const begin = (block: object, index = 0) => ({ type: 'content_block_start', index, content_block: block });
const grow = (delta: object, index = 0) => ({ type: 'content_block_delta', index, delta });
const close = (index = 0) => ({ type: 'content_block_stop', index });
const stop = (reason: string) => [{ type: 'message_delta', delta: { stop_reason: reason } }, { type: 'message_stop' }];
const text = { type: 'text', text: '' };
const tool = { type: 'tool_use', id: 'toolu_1', name: 'save', input: {} };
const said = { type: 'text_delta', text: 'Hi' };
const input = { type: 'input_json_delta', partial_json: '{}' };

const chat = (delta: object, finish?: string) => ({ choices: [{ delta, finish_reason: finish ?? null }] });
const piece = { index: 0, id: 'call_1', function: { name: 'save', arguments: '{}' } };

const done = (item: object, index?: number) => ({ type: 'response.output_item.done', output_index: index, item });
const call = { type: 'function_call', call_id: 'call_1', name: 'save', arguments: '{}', status: 'completed' };
const delta = { type: 'response.output_text.delta', output_index: 0, delta: 'Hi' };
const end = { type: 'response.completed', response: { output: [] } };

describe('Streams with contradictory events', () => {
  it.each([
    ['text for no block', anthropicDelegate, [grow(said), ...stop('end_turn')]],
    ['text for a call', anthropicDelegate, [begin(tool), grow(said), close(), ...stop('tool_use')]],
    ['text for a block that has ended', anthropicDelegate, [begin(text), close(), grow(said), ...stop('end_turn')]],
    ['text that is a number', anthropicDelegate, [begin(text), grow({ ...said, text: 5 }), ...stop('end_turn')]],
    ['a block that begins twice', anthropicDelegate, [begin(text), begin(tool), close(), ...stop('tool_use')]],
    ['a call that ends twice', anthropicDelegate, [begin(tool), grow(input), close(), close(), ...stop('tool_use')]],
    ['a call that does not end', anthropicDelegate, [begin(tool), grow(input), ...stop('tool_use')]],
    ['a call that is still open at the end', anthropicDelegate, [begin(tool), ...stop('end_turn')]],
    ['an end to call tools without a call', anthropicDelegate, [begin(text), close(), ...stop('tool_use')]],
    ['an end to call tools without a call', openaiChatDelegate, [chat({}, 'tool_calls'), '[DONE]']],
    ['calls that are no list', openaiChatDelegate, [chat({ tool_calls: 5 }, 'tool_calls'), '[DONE]']],
    ['a call after the end', openaiChatDelegate, [chat({}, 'stop'), chat({ tool_calls: [piece] }), '[DONE]']],
    ['text that is a number', openaiChatDelegate, [chat({ content: 5 }, 'stop'), '[DONE]']],
    ['a call in the place of a text', openaiResponsesDelegate, [delta, done(call), end]],
    ['a text in the place of a call', openaiResponsesDelegate, [done(call), delta, end]],
    ['a call twice', openaiResponsesDelegate, [done(call), done(call), end]],
    ['a call without arguments', openaiResponsesDelegate, [done({ ...call, arguments: null }), end]],
    ['text that is a number', openaiResponsesDelegate, [{ ...delta, delta: 5 }, end]],
  ])('fail with a retryable error: %s', (_what, delegate, stream) => {
    const outcome = feed(delegate, stream);
    expect(outcome.error).toMatchObject({ code: 'upstream_error', isRetryable: true });
    expect(outcome.answer.parts.filter(({ type }) => type === 'tool-call')).toEqual([]);
  });

  it('accept a Responses call that only the final event contains', () => {
    const output = [{ type: 'message', content: [] }, call];
    const { answer, events, error } = feed(openaiResponsesDelegate, [delta, { ...end, response: { output } }]);
    const told = { type: 'tool-call', id: 'call_1', name: 'save', arguments: {} };
    expect(error).toBeUndefined();
    expect(events.at(-1)).toEqual(told);
    expect(answer).toMatchObject({ parts: [{ type: 'text', text: 'Hi' }, told], finishReason: 'tool-calls' });
  });

  it.each([-1, 0.5, 2 ** 40, '7', null])('ignore a token count of %j', (count) => {
    const usage = { input_tokens: count, output_tokens: count, prompt_tokens: count, completion_tokens: count };
    for (const [delegate, stream] of [
      [anthropicDelegate, [{ type: 'message_start', message: { usage } }]],
      [openaiChatDelegate, [{ choices: [], usage }]],
      [openaiResponsesDelegate, [{ ...end, response: { usage } }]],
    ] as const) {
      expect(feed(delegate, stream).answer.usage).toMatchObject({ inputTokens: 0, outputTokens: 0 });
    }
  });
});
