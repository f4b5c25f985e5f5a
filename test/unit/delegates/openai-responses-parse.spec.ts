import { describe, expect, it } from '@jest/globals';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { RateLimitError } from '../../../src/errors/upstream.errors.js';
import { feed, recorded } from './feed.js';

const itemDone = (item: object) => ({ type: 'response.output_item.done', output_index: 0, item });
const completed = { type: 'response.completed', response: {} };

describe('OpenAI Responses parseStream', () => {
  it('reads text', () => {
    const { answer, events } = feed(openaiResponsesDelegate, recorded('openai-responses/text'));
    expect(events).toHaveLength(3);
    expect(answer).toMatchObject({ parts: [{ type: 'text', text: 'Hello, wörld 🌍!' }], finishReason: 'stop' });
  });

  it('reads reasoning with its raw item, text, interleaved calls by index, and usage', () => {
    const { answer, events } = feed(openaiResponsesDelegate, recorded('openai-responses/reasoning-and-tools'));
    expect(answer).toEqual({
      parts: [
        {
          type: 'reasoning',
          text: '**Looking at cities**\n\nTwo calls fit.',
          api: 'openai-responses',
          raw: {
            id: 'rs_0a1b',
            type: 'reasoning',
            encrypted_content: 'gAAAAABpLx9kV3Jh',
            summary: [
              { type: 'summary_text', text: '**Looking at cities**' },
              { type: 'summary_text', text: 'Two calls fit.' },
            ],
          },
        },
        { type: 'text', text: 'Both at once.' },
        { type: 'tool-call', id: 'call_a', name: 'weather', arguments: { city: 'Rome' } },
        { type: 'tool-call', id: 'call_b', name: 'weather', arguments: { city: 'Oslo' } },
      ],
      finishReason: 'tool-calls',
      usage: { inputTokens: 70, outputTokens: 300, reasoningTokens: 192, cacheReadTokens: 1536, cacheWriteTokens: 400 },
    });
    expect(events.filter((event) => event.type === 'tool-call').map((event) => event.id)).toEqual(['call_a', 'call_b']);
  });

  it('reads a refusal as text with the finish reason refusal', () => {
    const { answer } = feed(openaiResponsesDelegate, recorded('openai-responses/refusal'));
    expect(answer).toMatchObject({ parts: [{ type: 'text', text: 'I cannot do that.' }], finishReason: 'refusal' });
  });

  it('drops a call that the token limit truncated', () => {
    const { answer, isDone } = feed(openaiResponsesDelegate, recorded('openai-responses/cut-in-tool'));
    expect(answer).toMatchObject({ parts: [{ type: 'text', text: 'Writing.' }], finishReason: 'length' });
    expect(isDone).toBe(true);
  });

  it.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content-filter'],
    ['novelty', 'other'],
  ])('maps an answer that is incomplete because of %s to %s', (reason, neutral) => {
    const event = { type: 'response.incomplete', response: { incomplete_details: { reason } } };
    expect(feed(openaiResponsesDelegate, [event])).toMatchObject({ isDone: true, answer: { finishReason: neutral } });
  });

  it('drops reasoning items that cannot be replayed', () => {
    const parts = (item: object) => feed(openaiResponsesDelegate, [itemDone(item), completed]).answer.parts;
    const item = { id: 'rs_1', type: 'reasoning', summary: [] };
    expect(parts(item)).toEqual([]);
    expect(parts({ ...item, encrypted_content: 'g', status: 'incomplete' })).toEqual([]);
    expect(parts({ ...item, encrypted_content: 'g' })).toMatchObject([{ text: '', raw: { id: 'rs_1' } }]);
  });

  it.each(['', '{}'])('reads %j as empty arguments', (json) => {
    const item = { type: 'function_call', call_id: 'call_1', name: 'now', arguments: json };
    expect(feed(openaiResponsesDelegate, [itemDone(item), completed]).answer).toMatchObject({
      parts: [{ type: 'tool-call', id: 'call_1', name: 'now', arguments: {} }],
      finishReason: 'tool-calls',
    });
  });

  it.each(['{"a":', '[1]'])('reports the arguments of a complete call as %s', (json) => {
    const item = { type: 'function_call', call_id: 'call_1', name: 'save', arguments: json };
    const { events } = feed(openaiResponsesDelegate, [itemDone(item), completed]);
    expect(events).toEqual([{ type: 'tool-call', id: 'call_1', name: 'save', arguments: {}, malformed: json }]);
  });

  it('keeps only the beginning of malformed arguments', () => {
    const item = { type: 'function_call', call_id: 'call_1', name: 'save', arguments: `{"a":"${'x'.repeat(5_000)}` };
    const { events } = feed(openaiResponsesDelegate, [itemDone(item), completed]);
    expect((events[0] as { malformed: string }).malformed).toHaveLength(500);
  });

  it('throws for a failed response, and for an error event', () => {
    const failed = feed(openaiResponsesDelegate, recorded('openai-responses/failed'));
    expect(failed.error).toBeInstanceOf(RateLimitError);
    expect(failed.answer.parts).toEqual([{ type: 'text', text: 'Half an' }]);
    const error = feed(openaiResponsesDelegate, recorded('openai-responses/error'));
    expect(error.error).toMatchObject({ name: 'UpstreamError', isRetryable: true });
    expect(error.error).toMatchObject({ message: expect.stringContaining('The server had an error.') });
  });

  it('reads a nested error', () => {
    const event = { type: 'error', error: { code: 'context_length_exceeded', message: 'Too long.' } };
    expect(feed(openaiResponsesDelegate, [event]).error).toMatchObject({ code: 'context_window_exceeded' });
  });
});
