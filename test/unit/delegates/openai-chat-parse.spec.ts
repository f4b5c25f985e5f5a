import { describe, expect, it } from '@jest/globals';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { feed, recorded } from './feed.js';

const chunk = (delta: object, reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason: reason }],
});
const call = (piece: object) => chunk({ tool_calls: [{ index: 0, ...piece }] });
const end = (reason: string) => [chunk({}, reason), '[DONE]'];

describe('OpenAI Chat parseStream', () => {
  it('reads text, and usage with cached input apart', () => {
    const { answer, events } = feed(openaiChatDelegate, recorded('openai-chat/text'));
    expect(events).toHaveLength(3);
    expect(answer).toEqual({
      parts: [{ type: 'text', text: 'Hello, wörld 🌍!' }],
      finishReason: 'stop',
      usage: { inputTokens: 86, outputTokens: 300, reasoningTokens: 192, cacheReadTokens: 1920, cacheWriteTokens: 0 },
    });
  });

  it('assembles interleaved calls, with a late name', () => {
    const { answer } = feed(openaiChatDelegate, recorded('openai-chat/parallel-tools'));
    expect(answer).toMatchObject({ finishReason: 'tool-calls' });
    expect(answer.parts).toEqual([
      { type: 'text', text: 'Both at once.' },
      { type: 'tool-call', id: 'call_a', name: 'weather', arguments: { city: 'Rome', days: [1, 2] } },
      { type: 'tool-call', id: 'call_b', name: 'weather', arguments: { city: 'Oslo' } },
      { type: 'tool-call', id: 'call_c', name: 'now', arguments: {} },
    ]);
  });

  it('separates calls without an index by their ids', () => {
    const piece = (given: object) => chunk({ tool_calls: [given] });
    const { answer } = feed(openaiChatDelegate, [
      chunk({ tool_calls: [{ id: 'a', function: { name: 'save', arguments: '{"n":1}' } }] }),
      piece({ id: 'b', function: { name: 'save', arguments: '{"n"' } }),
      piece({ function: { arguments: ':2' } }),
      piece({ id: 'b', index: null, function: { arguments: '}' } }),
      ...end('tool_calls'),
    ]);
    expect(answer.parts).toEqual([
      { type: 'tool-call', id: 'a', name: 'save', arguments: { n: 1 } },
      { type: 'tool-call', id: 'b', name: 'save', arguments: { n: 2 } },
    ]);
  });

  it('gives a call without an index its late id', () => {
    const { answer } = feed(openaiChatDelegate, [
      chunk({ tool_calls: [{ function: { name: 'save', arguments: '{' } }] }),
      chunk({ tool_calls: [{ id: 'a', function: { arguments: '}' } }] }),
      ...end('tool_calls'),
    ]);
    expect(answer.parts).toEqual([{ type: 'tool-call', id: 'a', name: 'save', arguments: {} }]);
  });

  it('reads a refusal as text with the finish reason refusal', () => {
    const { answer } = feed(openaiChatDelegate, recorded('openai-chat/refusal'));
    expect(answer).toMatchObject({
      parts: [{ type: 'text', text: 'I cannot do that.' }],
      finishReason: 'refusal',
    });
  });

  it('keeps only complete calls of an answer that the token limit truncated', () => {
    const { answer, events } = feed(openaiChatDelegate, recorded('openai-chat/cut-in-tool'));
    expect(answer.finishReason).toBe('length');
    expect(answer.parts).toEqual([{ type: 'tool-call', id: 'call_a', name: 'write', arguments: { path: 'a' } }]);
    expect(events).toEqual(answer.parts);
  });

  it.each(['{"a":', '[1]', '"text"'])('reports the arguments of a complete call as %s', (json) => {
    const stream = [call({ id: 'call_1', function: { name: 'save', arguments: json } }), ...end('tool_calls')];
    const { events, answer } = feed(openaiChatDelegate, stream);
    const called = { type: 'tool-call', id: 'call_1', name: 'save', arguments: {}, malformed: json };
    expect(answer).toMatchObject({ parts: [called], finishReason: 'tool-calls' });
    expect(events).toEqual([called]);
  });

  it('refuses a call without an id or name', () => {
    const stream = [call({ function: { name: 'save', arguments: '{}' } }), ...end('tool_calls')];
    expect(feed(openaiChatDelegate, stream).error).toMatchObject({ message: expect.stringContaining('an id') });
  });

  it('expects results after a forced call that ends with "stop"', () => {
    const stream = [call({ id: 'call_1', function: { name: 'save', arguments: '{}' } }), ...end('stop')];
    expect(feed(openaiChatDelegate, stream).answer.finishReason).toBe('tool-calls');
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['toString', 'other'],
  ])('maps the finish reason %s to %s', (wire, neutral) => {
    expect(feed(openaiChatDelegate, end(wire)).answer.finishReason).toBe(neutral);
  });

  it.each(['[DONE] ', ' [DONE]', '[DONE]\n'])('accepts the end %j', (done) => {
    expect(feed(openaiChatDelegate, [chunk({ content: 'Hi' }, 'stop'), done])).toMatchObject({
      isDone: true,
      error: undefined,
    });
  });

  it('treats [DONE] without a finish reason as a truncated stream', () => {
    const { error, isDone, answer } = feed(openaiChatDelegate, [chunk({ content: 'Half' }), '[DONE]']);
    expect(error).toMatchObject({ name: 'UpstreamError', isRetryable: true });
    expect(isDone).toBe(false);
    expect(answer.parts).toEqual([{ type: 'text', text: 'Half' }]);
  });

  it('throws an error event', () => {
    const { error, answer } = feed(openaiChatDelegate, recorded('openai-chat/error'));
    expect(error).toMatchObject({ name: 'UpstreamError', isRetryable: true });
    expect(answer.parts).toEqual([{ type: 'text', text: 'Half an' }]);
    expect(feed(openaiChatDelegate, [{ error: 'out of luck' }]).error).toMatchObject({
      message: expect.stringContaining('out of luck'),
    });
  });
});
