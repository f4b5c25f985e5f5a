import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { type Delegate } from '../../../src/delegates/delegate.interface.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { type GitlabDuoError } from '../../../src/errors/gitlab-duo.error.js';
import { gatewayFailure } from '../../../src/gateway/gateway-failure.js';
import { type Part } from '../../../src/messages/part.interface.js';
import { textOf } from '../../../src/messages/text.js';
import { feed, recorded, spoken } from './feed.js';
import { budgetClaude, chatGpt, responsesGpt } from './models.js';
import { rendered } from './rendered.js';
import { readWire } from './wire.js';

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

const words = (text: string) => ({ type: 'output_text', text, annotations: [] });
const textDone = (text: string) => ({ type: 'response.output_text.done', output_index: 0, content_index: 0, text });
const added = (item: object, index: number) => ({ type: 'response.output_item.added', output_index: index, item });
const cut = (...output: object[]) => ({
  type: 'response.incomplete',
  response: { output, incomplete_details: { reason: 'max_output_tokens' } },
});

describe('The end of a stream', () => {
  const refusal = (text: string) => ({ type: 'refusal', refusal: text });
  const message = (...content: object[]) => ({ type: 'message', role: 'assistant', status: 'completed', content });
  const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'g' };
  const call = { type: 'function_call', call_id: 'a', name: 'save', arguments: '{}', status: 'completed' };

  const delta = (text: string, index?: number) => ({
    type: 'response.output_text.delta',
    output_index: index,
    content_index: 0,
    delta: text,
  });
  const refusalDone = { type: 'response.refusal.done', output_index: 0, content_index: 0, refusal: 'No.' };
  const itemDone = (item: object, index = 0) => ({ type: 'response.output_item.done', output_index: index, item });
  const end = (...output: object[]) => ({ type: 'response.completed', response: { output } });

  describe('Responses text', () => {
    it.each([
      ['its own end', [textDone('Hi there'), end()]],
      ['the end of its message', [itemDone(message(words('Hi'), words(' there'))), end()]],
      ['the end of the answer', [end(message(words('Hi there')))]],
      ['the end of a cut answer', [cut({ ...message(words('Hi there')), status: 'incomplete' })]],
      ['all of them', [textDone('Hi there'), itemDone(message(words('Hi there'))), end(message(words('Hi there')))]],
      ['its deltas, and all of them', [delta('Hi', 0), delta(' there', 0), ...lateEnds('Hi there')]],
      ['deltas and its end, which has more', [delta('Hi', 0), itemDone(message(words('Hi there'))), end()]],
      [
        'deltas without numbers, and the end of the answer',
        [delta('Hi there'), end(thought, message(words('Hi there')))],
      ],
      ['deltas that say it otherwise than the end', [delta('Hi there', 0), ...lateEnds('Hi  there')]],
    ])('is emitted once if it comes with %s', (_what, stream) => {
      const { events, answer, error } = feed(openaiResponsesDelegate, stream);
      expect(error).toBeUndefined();
      expect(spoken(events, 'text-delta')).toBe('Hi there');
      expect(answer.parts).toEqual([{ type: 'text', text: 'Hi there' }]);
    });

    it.each([
      ['its own end', [refusalDone, end()]],
      ['the end of its message', [itemDone(message(refusal('No.'))), end()]],
      ['the end of the answer', [end(message(refusal('No.')))]],
    ])('becomes a refusal if it comes only with %s', (_what, stream) => {
      const { answer } = feed(openaiResponsesDelegate, stream);
      expect(answer).toMatchObject({ parts: [{ type: 'text', text: 'No.' }], finishReason: 'refusal' });
    });

    it('is emitted if it is the second of two', () => {
      const { events } = feed(openaiResponsesDelegate, [
        delta('One.', 0),
        end(message(words('One.')), message(words('Two.'))),
      ]);
      expect(spoken(events, 'text-delta')).toBe('One.\n\nTwo.');
    });

    it('is never repeated, however its end event is numbered', () => {
      const { events, error } = feed(openaiResponsesDelegate, [delta('Hi', 1), end(message(words('Hi there')))]);
      expect([spoken(events, 'text-delta'), error]).toEqual(['Hi', undefined]);
    });

    it('is emitted once in the recorded stream', () => {
      for (const name of ['text', 'refusal', 'reasoning-and-tools']) {
        const stream = recorded(`openai-responses/${name}`);
        const { events } = feed(openaiResponsesDelegate, stream);
        const deltas = stream.map((data) => JSON.parse(data) as { type: string; delta?: string });
        const said = deltas.filter(({ type }) => /^response\.(?:output_text|refusal)\.delta$/.test(type));
        expect(spoken(events, 'text-delta')).toBe(said.map(({ delta: text }) => text).join(''));
      }
    });
  });

  describe('An unfinished Responses call', () => {
    const begun = added({ ...call, arguments: '', status: 'in_progress' }, 1);
    const piece = { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{}' };

    it.each([
      ['and does not end', [begun, piece, end()]],
      ['and ends unfinished', [begun, piece, itemDone({ ...call, status: 'incomplete' }, 1), end()]],
    ])('makes the answer fail as truncated: %s', (_what, stream) => {
      const { error, isDone, events } = feed(openaiResponsesDelegate, stream);
      expect(error).toMatchObject({
        code: 'upstream_error',
        isRetryable: true,
        message: expect.stringContaining('call'),
      });
      expect(isDone).toBe(false);
      expect(events).toEqual([]);
    });

    it.each([
      ['ends with the answer', [delta('Hi', 0), begun, piece, end(message(words('Hi')), call)], 'tool-calls'],
      ['is cut', [begun, piece, cut()], 'length'],
      ['is refused after all', [begun, piece, refusalDone, end()], 'refusal'],
    ])('is ignored without an error: %s', (_what, stream, finishReason) => {
      const { error, answer } = feed(openaiResponsesDelegate, stream);
      expect(error).toBeUndefined();
      expect(answer.finishReason).toBe(finishReason);
      expect(answer.parts.some(({ type }) => type === 'tool-call')).toBe(finishReason === 'tool-calls');
    });
  });

  function lateEnds(text: string): object[] {
    return [textDone(text), itemDone(message(words(text))), end(message(words(text)))];
  }
});

const completed = (...output: object[]) => ({ type: 'response.completed', response: { output } });
const incomplete = (...output: object[]) => ({
  type: 'response.incomplete',
  response: { output, incomplete_details: { reason: 'max_output_tokens' } },
});
const called = { type: 'tool-call', id: 'a', name: 'save', arguments: { b: 1 } };

describe('A late item of a stream', () => {
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
  const itemDone = (item: object, index?: number) => ({ type: 'response.output_item.done', output_index: index, item });
  const failed = (...output: object[]) => ({
    type: 'response.failed',
    response: { output, error: { code: 'server_error', message: 'Broken.' } },
  });

  const reasoning = { type: 'reasoning', text: 'One.\n\nTwo.', api: 'openai-responses', raw: thought };
  const said = { type: 'text', text: 'Hi' };

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
      expect(
        feed(openaiResponsesDelegate, stream).answer.parts.filter(({ type }) => type === 'tool-call'),
      ).toHaveLength(2);
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
});

const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
const overflow = { error: { code: 'context_length_exceeded', message: 'Too long.' } };
const wrapped = (body: string) => `b'${body}'`;

describe.each([
  ['Messages', anthropicDelegate],
  ['Chat Completions', openaiChatDelegate],
  ['Responses', openaiResponsesDelegate],
])('An error body in the stream of %s', (_api, delegate) => {
  it.each([
    ['an error without a type', overflow, 'context_window_exceeded'],
    ['an overload without a type', { error: overloaded.error }, 'upstream_overloaded'],
    ['a rate limit without a type', { error: { code: 429, message: 'Slow down.' } }, 'rate_limited'],
    ['a wrapped overload', { message: wrapped(JSON.stringify(overloaded)) }, 'upstream_overloaded'],
    ['a wrapped overflow', { detail: wrapped(JSON.stringify(overflow)) }, 'context_window_exceeded'],
    ['an error that is wrapped itself', { error: wrapped(JSON.stringify(overloaded)) }, 'upstream_overloaded'],
  ])('fails like a refusal of that shape: %s', async (_what, body, code) => {
    const json = JSON.stringify(body);
    for (const event of [`data: ${json}\n\n`, `event: error\ndata: ${json}\n\n`]) {
      const { error, answer } = await readWire(delegate, [[Buffer.from(event)]]);
      const { message, isRetryable } = gatewayFailure(200, {}, json);
      expect(error).toMatchObject({ code });
      expect(answer.parts).toEqual([]);
      expect([(error as GitlabDuoError).message, (error as GitlabDuoError).isRetryable]).toEqual([
        message,
        isRetryable,
      ]);
    }
  });

  it('quotes a wrapped body that is not JSON, without its secrets', async () => {
    const event = `data: ${JSON.stringify({ message: "b'upstream broke, key sk-abcdefghijklmnop'" })}\n\n`;
    const { error } = await readWire(delegate, [[Buffer.from(event)]]);
    expect(error).toMatchObject({ code: 'upstream_error', message: expect.stringContaining('upstream broke') });
    expect((error as GitlabDuoError).message).not.toContain('abcdefghijklmnop');
  });

  it.each([{ message: 'Still here' }, { detail: null }, { error: null }])('is not seen in %j', async (body) => {
    const { error } = await readWire(delegate, [[Buffer.from(`data: ${JSON.stringify(body)}\n\n`)]]);
    expect(error).toMatchObject({ message: expect.stringContaining('was cut') });
  });
});

type Texts = readonly (readonly string[])[];

const contentOf = (pieces: readonly string[]) => ({ type: 'output_text', text: pieces.join('') });

describe('Text of a Responses stream', () => {
  /** Text blocks one after another, each in pieces. */
  const blocks = (texts: Texts): object[] => [
    ...texts.flatMap((pieces, index) => [
      { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
      ...pieces.map((text) => ({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    { type: 'message_stop' },
  ];
  const delta = (output: number, content: number, text: string) => ({
    type: 'response.output_text.delta',
    output_index: output,
    content_index: content,
    delta: text,
  });

  /** Messages one after another, each with one content. */
  const items = (texts: Texts): object[] => [
    ...texts.flatMap((pieces, index) => [
      ...pieces.map((text) => delta(index, 0, text)),
      {
        type: 'response.output_item.done',
        output_index: index,
        item: { type: 'message', content: [contentOf(pieces)] },
      },
    ]),
    {
      type: 'response.completed',
      response: { output: texts.map((pieces) => ({ type: 'message', content: [contentOf(pieces)] })) },
    },
  ];

  /** One message with several contents. */
  const contents = (texts: Texts): object[] => [
    ...texts.flatMap((pieces, index) => pieces.map((text) => delta(0, index, text))),
    { type: 'response.output_item.done', output_index: 0, item: { type: 'message', content: texts.map(contentOf) } },
    { type: 'response.completed', response: { output: [{ type: 'message', content: texts.map(contentOf) }] } },
  ];

  /** Messages that come only with the event that ends the answer. */
  const late = (texts: Texts): object[] => items(texts).slice(-1);

  /** A text and a refusal behind it, as Chat Completions has them. */
  const refusal = ([text = [], refused = []]: Texts): (string | object)[] => [
    ...text.map((content) => ({ choices: [{ delta: { content } }] })),
    ...refused.map((piece) => ({ choices: [{ delta: { refusal: piece } }] })),
    { choices: [{ delta: {}, finish_reason: 'stop' }] },
    '[DONE]',
  ];

  const wires: [string, Delegate, (texts: Texts) => readonly (string | object)[]][] = [
    ['blocks of Anthropic Messages', anthropicDelegate, blocks],
    ['messages of Responses', openaiResponsesDelegate, items],
    ['contents of one message of Responses', openaiResponsesDelegate, contents],
    ['messages of Responses that come with its end', openaiResponsesDelegate, late],
    ['a text and a refusal of Chat Completions', openaiChatDelegate, refusal],
  ];

  // Cause: two texts of one answer were put together without anything between them.
  describe.each(wires)('Two %s', (_name, delegate, stream) => {
    it.each<[Texts, string]>([
      [
        [
          ['First', '.'],
          ['Second', '.'],
        ],
        'First.\n\nSecond.',
      ],
      [[['First.\n'], ['Second.']], 'First.\nSecond.'],
      [[['First.'], [' Second', '.']], 'First. Second.'],
    ])('are separated, in the deltas as in the text: %j', (texts, expected) => {
      const { events, answer, error } = feed(delegate, stream(texts));
      expect(error).toBeUndefined();
      expect(spoken(events, 'text-delta')).toBe(expected);
      expect(textOf(answer.parts)).toBe(expected);
    });
  });
});
