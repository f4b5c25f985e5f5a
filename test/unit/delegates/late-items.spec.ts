import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { type Part } from '../../../src/messages/part.interface.js';
import { feed, spoken } from './feed.js';
import { budgetClaude, chatGpt, responsesGpt } from './models.js';
import { rendered } from './rendered.js';

const words = (text: string) => ({ type: 'output_text', text, annotations: [] });
const message = (text: string, more: object = {}) => ({ type: 'message', content: [words(text)], ...more });
const thought = {
  type: 'reasoning',
  id: 'rs_1',
  summary: [
    { type: 'summary_text', text: 'One.' },
    { type: 'summary_text', text: 'Two.' },
  ],
  encrypted_content: 'g',
};
const call = { type: 'function_call', call_id: 'a', name: 'save', arguments: '{"b":1}', status: 'completed' };
const delta = (text: string, index?: number) => ({
  type: 'response.output_text.delta',
  output_index: index,
  delta: text,
});
const summary = (text: string, index: number) => ({
  type: 'response.reasoning_summary_text.delta',
  output_index: 0,
  summary_index: index,
  delta: text,
});
const added = (item: object, index: number) => ({ type: 'response.output_item.added', output_index: index, item });
const itemDone = (item: object, index?: number) => ({ type: 'response.output_item.done', output_index: index, item });
const completed = (...output: object[]) => ({ type: 'response.completed', response: { output } });
const incomplete = (...output: object[]) => ({
  type: 'response.incomplete',
  response: { output, incomplete_details: { reason: 'max_output_tokens' } },
});
const failed = (...output: object[]) => ({
  type: 'response.failed',
  response: { output, error: { code: 'server_error', message: 'Broken.' } },
});

const reasoning = { type: 'reasoning', text: 'One.\n\nTwo.', api: 'openai-responses', raw: thought };
const said = { type: 'text', text: 'Hi' };
const called = { type: 'tool-call', id: 'a', name: 'save', arguments: { b: 1 } };

// The event that ends a response has all of its "output": https://platform.openai.com/docs/api-reference/responses-streaming
describe('Output of a Responses final event', () => {
  it.each([
    ['only with its end', [completed(thought, message('Hi'), call)]],
    ['with its items', [itemDone(thought, 0), itemDone(message('Hi'), 1), itemDone(call, 2), completed()]],
    [
      'with its items and its end',
      [itemDone(thought, 0), itemDone(message('Hi'), 1), itemDone(call, 2), completed(thought, message('Hi'), call)],
    ],
    ['by deltas in part', [summary('One.', 0), delta('H', 1), completed(thought, message('Hi'), call)]],
    [
      'by deltas, items and end',
      [
        summary('One.', 0),
        summary('Two.', 1),
        itemDone(thought, 0),
        delta('Hi', 1),
        itemDone(message('Hi'), 1),
        itemDone(call, 2),
        completed(thought, message('Hi'), call),
      ],
    ],
  ])('is emitted once and completely: %s', (_how, stream) => {
    const { answer, events, error } = feed(openaiResponsesDelegate, stream);
    expect(error).toBeUndefined();
    expect(answer.parts).toEqual([reasoning, said, called]);
    expect(spoken(events, 'reasoning-delta')).toBe('One.\n\nTwo.');
    expect(spoken(events, 'text-delta')).toBe('Hi');
    expect(events.filter(({ type }) => type === 'tool-call')).toEqual([called]);
  });

  it('is kept from an incomplete response, except the truncated call', () => {
    const cut = { ...call, call_id: 'b', arguments: '{"b":', status: 'incomplete' };
    const { answer, error } = feed(openaiResponsesDelegate, [incomplete(thought, message('Hi'), call, cut)]);
    expect(error).toBeUndefined();
    expect(answer).toMatchObject({ parts: [reasoning, said, called], finishReason: 'length' });
  });

  it('is kept from a failed response, without its calls', () => {
    const { answer, events, error } = feed(openaiResponsesDelegate, [failed(thought, message('Hi'), call)]);
    expect(error).toMatchObject({ code: 'upstream_error' });
    expect(answer.parts).toEqual([reasoning, said]);
    expect(events.some(({ type }) => type === 'tool-call')).toBe(false);
  });

  it('contains each call once, also with other numbers', () => {
    const { events } = feed(openaiResponsesDelegate, [itemDone(call), completed(thought, call)]);
    expect(events.filter(({ type }) => type === 'tool-call')).toEqual([called]);
    const twice = { ...call, arguments: '{"b":2}' };
    const stream = [delta('Hi'), itemDone(call, 1), completed(thought, message('Hi'), call, twice)];
    expect(feed(openaiResponsesDelegate, stream).answer.parts.filter(({ type }) => type === 'tool-call')).toHaveLength(
      2,
    );
  });
});

// "For models like gpt-5.3-codex and beyond, when sending follow-up requests, preserve and resend phase on all assistant
// messages": ResponseOutputMessage.phase in OpenAI's API reference.
describe('The phase of a message', () => {
  it.each([
    ['when it begins', [added(message('', { phase: 'commentary' }), 0), delta('Hi', 0), completed()]],
    ['when it ends', [delta('Hi', 0), itemDone(message('Hi', { phase: 'commentary' }), 0), completed()]],
    ['with the end alone', [completed(message('Hi', { phase: 'commentary' }))]],
    ['and the message is cut', [added(message('', { phase: 'commentary' }), 0), delta('Hi', 0)]],
  ])('is kept if it comes %s', (_when, stream) => {
    const { parts } = feed(openaiResponsesDelegate, stream).answer;
    expect(parts).toEqual([{ type: 'text', text: 'Hi', phase: 'commentary' }]);
  });

  it('is undefined if the vendor sends none', () => {
    for (const phase of [undefined, null])
      expect(feed(openaiResponsesDelegate, [completed(message('Hi', { phase }))]).answer.parts).toEqual([said]);
  });

  it('is replayed unchanged, only to the Responses API', () => {
    const parts: Part[] = [
      { type: 'text', text: 'I look.', phase: 'commentary' },
      { type: 'text', text: 'It rains.', phase: 'final_answer' },
    ];
    const user = { role: 'user' as const, parts: [{ type: 'text' as const, text: 'Well?' }] };
    const messages = [user, { role: 'assistant' as const, parts }, user];
    const { input } = rendered(openaiResponsesDelegate, responsesGpt, { messages });
    expect((input as object[]).slice(1, 3)).toEqual([
      { type: 'message', role: 'assistant', content: 'I look.', phase: 'commentary' },
      { type: 'message', role: 'assistant', content: 'It rains.', phase: 'final_answer' },
    ]);
    for (const [delegate, model] of [
      [anthropicDelegate, budgetClaude],
      [openaiChatDelegate, chatGpt],
    ] as const)
      expect(JSON.stringify(rendered(delegate, model, { messages }))).not.toContain('phase');
  });
});

// "status: The status of the response generation. One of completed, failed, in_progress, cancelled, queued, or incomplete":
// https://platform.openai.com/docs/api-reference/responses/object.
describe('The status of a Responses final event', () => {
  const usage = { input_tokens: 20, output_tokens: 7 };
  const final = (type: string, status: string, more: object = {}) => ({
    type,
    response: { status, output: [message('Hi'), call], usage, ...more },
  });
  const error = { code: 'server_error', message: 'Broken.' };

  it.each([
    ['response.cancelled', 'cancelled', {}, 'cancelled the answer'],
    ['response.completed', 'cancelled', {}, 'cancelled the answer'],
    ['response.incomplete', 'cancelled', {}, 'cancelled the answer'],
    ['response.completed', 'failed', { error }, 'Broken.'],
    ['response.failed', 'completed', { error }, 'Broken.'],
    ['response.completed', 'in_progress', {}, 'before it was complete'],
  ])('makes no answer of %s with the status %s', (type, status, more, problem) => {
    const result = feed(openaiResponsesDelegate, [final(type, status, more)]);
    expect(result.error).toMatchObject({ isRetryable: true, message: expect.stringContaining(problem) });
    expect(result.answer.parts).toEqual([said]);
    expect(result.answer.usage).toMatchObject({ inputTokens: 20, outputTokens: 7 });
    expect(result.events.filter(({ type: kind }) => kind === 'tool-call')).toEqual([]);
  });

  it.each([
    ['response.completed', 'incomplete'],
    ['response.incomplete', 'completed'],
    ['response.incomplete', 'incomplete'],
  ])('makes a cut answer of %s with the status %s', (type, status) => {
    const more = { incomplete_details: { reason: 'max_output_tokens' } };
    const { answer, error: none } = feed(openaiResponsesDelegate, [final(type, status, more)]);
    expect(none).toBeUndefined();
    expect(answer).toMatchObject({ finishReason: 'length', usage: { inputTokens: 20, outputTokens: 7 } });
  });
});
