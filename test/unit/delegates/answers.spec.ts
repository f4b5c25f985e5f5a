import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { type Delegate } from '../../../src/delegates/delegate.interface.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { AnswerTooLargeError } from '../../../src/errors/upstream.errors.js';
import { type ModelEvent } from '../../../src/messages/model-request.interface.js';
import { feed, spoken } from './feed.js';

const MAX = 12;

function read(delegate: Delegate, stream: Iterable<object>, maxBytes = MAX) {
  const parser = delegate.createParser(undefined, undefined, maxBytes);
  const events: ModelEvent[] = [];
  let error: unknown;
  try {
    for (const event of stream) parser.push(JSON.stringify(event), events);
  } catch (thrown) {
    error = thrown;
  }
  return { events, error, parts: parser.answer().parts };
}

const tooLarge = (kind: string) => ({
  constructor: AnswerTooLargeError,
  code: 'upstream_error',
  isRetryable: false,
  message: `The answer has more than 12 bytes of ${kind}, so its request was closed, and what had come is kept. Ask for less at once, or raise maxAnswerBytes.`,
});

const block = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
const delta = (index: number, fields: object) => ({ type: 'content_block_delta', index, delta: fields });
const stop = (index: number) => ({ type: 'content_block_stop', index });
const chunk = (fields: object) => ({ choices: [{ index: 0, delta: fields, finish_reason: null }] });
const words = (text: string, index = 0) => ({ type: 'response.output_text.delta', output_index: index, delta: text });
const message = (text: string) => ({ type: 'message', content: [{ type: 'output_text', text }] });
const completed = (...output: object[]) => ({ type: 'response.completed', response: { output } });
const itemDone = (item: object) => ({ type: 'response.output_item.done', output_index: 0, item });

/** A text in pieces, each in a part of its own where the API has parts. */
const texts: [string, Delegate, (pieces: string[]) => object[]][] = [
  [
    'Messages',
    anthropicDelegate,
    (pieces) =>
      pieces.flatMap((text, index) => [
        block(index, { type: 'text', text: '' }),
        delta(index, { type: 'text_delta', text }),
        stop(index),
      ]),
  ],
  ['Chat Completions', openaiChatDelegate, (pieces) => pieces.map((content) => chunk({ content }))],
  ['Responses', openaiResponsesDelegate, (pieces) => pieces.map((text, index) => words(text, index))],
];

describe.each(texts)('An answer of %s', (_name, delegate, stream) => {
  it('accepts text up to the size limit', () => {
    const { error, events } = read(delegate, stream(['Hello, ', 'world']));
    expect(error).toBeUndefined();
    expect(spoken(events, 'text-delta')).toBe('Hello, world');
  });

  it('fails at the size limit over all its parts, and keeps the text so far', () => {
    const { error, events, parts } = read(delegate, stream(['Hello, ', 'world', '!', 'Never']));
    expect(error).toMatchObject(tooLarge('text'));
    expect(spoken(events, 'text-delta')).toBe('Hello, world');
    expect(parts.map((part) => part.type === 'text' && part.text).join('')).toBe('Hello, world');
  });

  it('truncates between characters, counted in UTF-8 bytes, for any split', () => {
    // Without the breaks between parts, which are ours.
    const said = (pieces: string[], bytes?: number): string =>
      spoken(read(delegate, stream(pieces), bytes).events, 'text-delta').replaceAll('\n\n', '');
    for (const pieces of [['€€€€€'], Array.from({ length: 5 }, () => '€'), ['€€€', '€€']]) {
      expect(said(pieces)).toBe('€€€€');
      expect(said(pieces, 10)).toBe('€€€');
    }
    // Both halves of a pair: four bytes together.
    const smiles = ['😀', '\ud83d', '\ude00', '😀'];
    expect(read(delegate, stream(smiles)).error).toBeUndefined();
    expect(read(delegate, stream(smiles), 11).error).toMatchObject({ code: 'upstream_error' });
    expect(spoken(read(delegate, stream([`${'x'.repeat(99)}€€`]), 103).events, 'text-delta')).toBe(
      `${'x'.repeat(99)}€`,
    );
  });
});

describe('Text that comes at once or at the end', () => {
  it.each([
    ['a block of Messages', anthropicDelegate, block(0, { type: 'text', text: 'Hello, world!' })],
    ['a refusal of Chat Completions', openaiChatDelegate, chunk({ refusal: 'Hello, world!' })],
    ['a message of Responses', openaiResponsesDelegate, itemDone(message('Hello, world!'))],
    ['the end of a response', openaiResponsesDelegate, completed(message('Hello, '), message('world!'))],
  ])('fails at the size limit: %s', (_name, delegate, event) => {
    const { error, events } = read(delegate, [event]);
    expect(error).toMatchObject(tooLarge('text'));
    expect(spoken(events, 'text-delta')).toBe('Hello, world');
  });

  it('counts text that is repeated only once', () => {
    const whole = message('Hello, world');
    const stream = [words('Hello, world'), itemDone(whole), completed(whole)];
    expect(read(openaiResponsesDelegate, stream).error).toBeUndefined();
    const call = { type: 'function_call', call_id: 'a', name: 'b', arguments: '{"c":1234}' };
    const pieces = ['{"c":', '1234}'].map((json) => ({
      type: 'response.function_call_arguments.delta',
      output_index: 0,
      delta: json,
    }));
    expect(read(openaiResponsesDelegate, [...pieces, itemDone(call), completed(call)]).error).toBeUndefined();
  });
});

describe('Reasoning size limit', () => {
  const thinking = block(0, { type: 'thinking', thinking: '', signature: '' });
  const thought = (text: string) => delta(0, { type: 'thinking_delta', thinking: text });
  const summary = (text: string, index = 0) => ({
    type: 'response.reasoning_summary_text.delta',
    output_index: 0,
    summary_index: index,
    delta: text,
  });

  it.each([
    ['Messages', anthropicDelegate, [thinking, thought('Hm, '.repeat(20)), thought('Hm, ')], 80],
    ['Responses', openaiResponsesDelegate, [summary('Hm, '.repeat(20)), summary('Hm, ')], 80],
    [
      'the end of a response',
      openaiResponsesDelegate,
      [completed({ type: 'reasoning', summary: [{ text: 'Hm, '.repeat(21) }] })],
      80,
    ],
  ])('applies apart from the text, and keeps the reasoning so far: %s', (_name, delegate, stream, bytes) => {
    // What a block begins with counts, too.
    const begun = delegate === anthropicDelegate ? JSON.stringify(thinking.content_block).length : 0;
    const { error, events } = read(delegate, stream, bytes + begun);
    expect(error).toMatchObject({ message: expect.stringMatching(/ bytes of reasoning, /) });
    expect(spoken(events, 'reasoning-delta')).toBe('Hm, '.repeat(20));
  });

  it.each([
    ['a signature', anthropicDelegate, [thinking, delta(0, { type: 'signature_delta', signature: 'x'.repeat(99) })]],
    ['what was redacted', anthropicDelegate, [block(0, { type: 'redacted_thinking', data: 'x'.repeat(99) })]],
    [
      'encrypted content',
      openaiResponsesDelegate,
      [itemDone({ type: 'reasoning', summary: [], encrypted_content: 'x'.repeat(99) })],
    ],
  ])('covers %s', (_name, delegate, stream) => {
    expect(read(delegate, stream, 98).error).toBeInstanceOf(AnswerTooLargeError);
  });
});

describe('Tool argument size limit', () => {
  const tool = (index: number) => block(index, { type: 'tool_use', id: 'a', name: 'b', input: {} });
  const input = (index: number, partial_json: string) => delta(index, { type: 'input_json_delta', partial_json });
  const call = (index: number, json: string) =>
    chunk({ tool_calls: [{ index, id: 'a', function: { name: 'b', arguments: json } }] });
  const piece = (index: number, json: string) => ({
    type: 'response.function_call_arguments.delta',
    output_index: index,
    delta: json,
  });

  it.each([
    ['Messages', anthropicDelegate, [tool(0), input(0, '{"c":'), tool(1), input(1, '{"c":')]],
    [
      'an input that is whole at once',
      anthropicDelegate,
      [block(0, { ...tool(0).content_block, input: { c: 12345 } })],
    ],
    ['Chat Completions', openaiChatDelegate, [call(0, '{"c":'), call(1, '{"c":')]],
    ['Responses, whose call has not ended', openaiResponsesDelegate, [piece(0, '{"c":1,'), piece(1, '{"c":1,')]],
    [
      'Responses, whose call comes at once',
      openaiResponsesDelegate,
      [itemDone({ type: 'function_call', call_id: 'a', name: 'b', arguments: '{"c":12345}' })],
    ],
  ])('applies to all calls together, and no call runs: %s', (_name, delegate, stream) => {
    const { error, events, parts } = read(delegate, stream);
    expect(error).toMatchObject(tooLarge('arguments of tools'));
    expect([events, parts]).toEqual([[], []]);
  });
});

describe('Empty parts', () => {
  it('are limited to 100,000', () => {
    function* parts(count: number) {
      for (let index = 0; index < count; index += 1) yield block(index, { type: 'text', text: '' });
    }
    expect(read(anthropicDelegate, parts(100_000)).error).toBeUndefined();
    expect(read(anthropicDelegate, parts(100_001)).error).toMatchObject({
      code: 'upstream_error',
      message: expect.stringContaining('more than 100,000 parts'),
    });
  });
});

const messageStart = (usage: object) => ({ type: 'message_start', message: { usage } });
const messageDelta = (usage: object) => ({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage });
const ended = (type: string, usage: object, more: object = {}) => ({ type, response: { usage, ...more } });

describe('Usage', () => {
  const chunk = (usage: object, reason: string | null = null) => ({
    choices: [{ index: 0, delta: {}, finish_reason: reason }],
    usage,
  });

  describe('Messages usage', () => {
    it('keeps the counts of the start event if the end omits them or has zeros', () => {
      // Its counts are cumulative: https://platform.claude.com/docs/en/build-with-claude/streaming#event-types
      const start = {
        input_tokens: 100,
        cache_read_input_tokens: 50,
        cache_creation_input_tokens: 20,
        output_tokens: 1,
      };
      const zeros = { input_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
      for (const end of [{ output_tokens: 9 }, { ...zeros, output_tokens: 9 }]) {
        expect(feed(anthropicDelegate, [messageStart(start), messageDelta(end)]).answer.usage).toEqual({
          inputTokens: 100,
          outputTokens: 9,
          reasoningTokens: 0,
          cacheReadTokens: 50,
          cacheWriteTokens: 20,
        });
      }
    });

    it('uses the last count, also when a server tool made the input longer', () => {
      const stream = [
        messageStart({ input_tokens: 100, output_tokens: 3 }),
        messageDelta({ input_tokens: 900, output_tokens: 2 }),
      ];
      expect(feed(anthropicDelegate, stream).answer.usage).toMatchObject({ inputTokens: 900, outputTokens: 2 });
    });

    it('keeps its counts after a second end event with zeros', () => {
      const stream = [
        messageStart({ input_tokens: 5 }),
        messageDelta({ output_tokens: 9 }),
        messageDelta({ output_tokens: 0 }),
      ];
      expect(feed(anthropicDelegate, stream).answer.usage).toMatchObject({ inputTokens: 5, outputTokens: 9 });
    });
  });

  describe('Chat Completions usage', () => {
    it('keeps its counts after a later chunk with zeros', () => {
      const told = { prompt_tokens: 20, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 5 } };
      const zeros = { prompt_tokens: 0, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 0 } };
      const { usage } = feed(openaiChatDelegate, [chunk(told, 'stop'), chunk(zeros), '[DONE]']).answer;
      expect(usage).toMatchObject({ inputTokens: 15, outputTokens: 7, cacheReadTokens: 5 });
    });

    it('uses the last count if a proxy sends one with each chunk', () => {
      const stream = [1, 2, 3].map((n) => chunk({ prompt_tokens: 20, completion_tokens: n }));
      expect(feed(openaiChatDelegate, stream).answer.usage).toMatchObject({ inputTokens: 20, outputTokens: 3 });
    });

    it('is kept for an error in the stream', () => {
      const { error, answer } = feed(openaiChatDelegate, [
        { error: { message: 'Broken.' }, usage: { prompt_tokens: 20, completion_tokens: 7 } },
      ]);
      expect(error).toBeDefined();
      expect(answer.usage).toMatchObject({ inputTokens: 20, outputTokens: 7 });
    });
  });

  describe('Responses usage', () => {
    const usage = { input_tokens: 20, output_tokens: 7, output_tokens_details: { reasoning_tokens: 4 } };
    const counted = { inputTokens: 20, outputTokens: 7, reasoningTokens: 4 };

    // The "response" of each of these events has "usage": https://platform.openai.com/docs/api-reference/responses-streaming
    it.each([
      ended('response.completed', usage),
      ended('response.incomplete', usage, { incomplete_details: { reason: 'max_output_tokens' } }),
      ended('response.incomplete', usage, { incomplete_details: { reason: 'content_filter' } }),
      ended('response.failed', usage, { error: { code: 'server_error', message: 'Broken.' } }),
      ended('response.cancelled', usage, { status: 'cancelled' }),
      ended('response.completed', usage, { status: 'cancelled' }),
      { ...ended('error', usage), message: 'Broken.' },
    ])('is read from every final event: %j', (event) => {
      expect(feed(openaiResponsesDelegate, [event]).answer.usage).toMatchObject(counted);
    });
  });

  describe('Reasoning token count', () => {
    it.each([
      [anthropicDelegate, messageDelta({ output_tokens: 5, output_tokens_details: { thinking_tokens: 9 } })],
      [openaiChatDelegate, chunk({ completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 9 } })],
      [
        openaiResponsesDelegate,
        ended('response.completed', { output_tokens: 5, output_tokens_details: { reasoning_tokens: 9 } }),
      ],
    ])('never exceeds the output tokens: $api', (delegate, event) => {
      expect(feed(delegate, [event]).answer.usage).toMatchObject({ outputTokens: 5, reasoningTokens: 5 });
    });
  });
});

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const useTool = { type: 'tool_use', id: 'a', name: 'save', input: {} };
const messageEnd = [
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
  { type: 'message_stop' },
];
const called = (index: number, json: string) => ({ index, id: 'a', function: { name: 'save', arguments: json } });
const item = (json: string) => ({ type: 'function_call', call_id: 'a', name: 'save', arguments: json });

/** The streams of one call with these arguments. */
const calls: [string, Delegate, (json: string) => (object | string)[]][] = [
  [
    'Messages',
    anthropicDelegate,
    (json) => [
      { type: 'content_block_start', index: 0, content_block: useTool },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: json } },
      ...messageEnd,
    ],
  ],
  [
    'Messages, whole at once',
    anthropicDelegate,
    (json) => [
      `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"save","input":${json}}}`,
      ...messageEnd,
    ],
  ],
  [
    'Chat Completions',
    openaiChatDelegate,
    (json) => [
      { choices: [{ index: 0, delta: { tool_calls: [called(0, json)] } }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
      '[DONE]',
    ],
  ],
  [
    'Responses',
    openaiResponsesDelegate,
    (json) => [
      { type: 'response.output_item.done', output_index: 0, item: item(json) },
      { type: 'response.completed', response: { output: [item(json)] } },
    ],
  ],
  [
    'the end of a response',
    openaiResponsesDelegate,
    (json) => [{ type: 'response.completed', response: { output: [item(json)] } }],
  ],
];

describe.each(calls)('Tool arguments from %s', (name, delegate, stream) => {
  it('are refused with an integer beyond 2^53, whose digits are shown', () => {
    // The harm: an id 12345678901234567890 that is looked up, or paid to, as 12345678901234567000.
    const json = '{"id":12345678901234567890,"b":1.5}';
    const { answer, events } = feed(delegate, stream(json));
    expect(answer.parts).toEqual([
      {
        type: 'tool-call',
        id: 'a',
        name: 'save',
        arguments: {},
        malformed: json,
        problem: expect.stringContaining('its number 12345678901234567890 has more digits'),
      },
    ]);
    expect(events).toEqual(answer.parts);
  });

  it('keep long digits in texts, and exact numbers', () => {
    const json = '{"id":"12345678901234567890","b":9007199254740992,"c":0.1,"a":-1e22}';
    expect(feed(delegate, stream(json)).answer.parts).toEqual([
      { type: 'tool-call', id: 'a', name: 'save', arguments: JSON.parse(json) as object },
    ]);
  });

  // Within an event that has the arguments as JSON and not as a text, its own levels come on top.
  const around = name === 'Messages, whole at once' ? 2 : 0;

  it('may be nested 1,000 levels deep', () => {
    const { answer } = feed(delegate, stream(`{"a":${nested(999 - around)}}`));
    expect(answer.parts).toMatchObject([{ type: 'tool-call', arguments: { a: [expect.anything()] } }]);
    expect(answer.parts[0]).not.toHaveProperty('malformed');
  });

  it('are malformed, or a stream error, if they are nested deeper', () => {
    for (const levels of [1_000, 100_000]) {
      const { answer, error } = feed(delegate, stream(`{"a":${nested(levels)}}`));
      if (around > 0) {
        expect(error).toMatchObject({ code: 'upstream_error', message: expect.stringContaining('1,000 levels') });
        continue;
      }
      expect(error).toBeUndefined();
      expect(answer.parts).toMatchObject([
        {
          arguments: {},
          malformed: expect.stringMatching(/^{"a":\[+$/),
          problem: 'it is nested deeper than 1,000 levels',
        },
      ]);
    }
  });
});

describe('An event that is nested deeper than 1,000 levels', () => {
  it.each([anthropicDelegate, openaiChatDelegate, openaiResponsesDelegate])('fails the stream: $api', (delegate) => {
    const { error } = feed(delegate, [`{"type":"surprise","choices":[],"a":${nested(100_000)}}`]);
    expect(error).toMatchObject({ name: 'UpstreamError', code: 'upstream_error' });
  });
});

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
const incomplete = (reason: string) => ({
  type: 'response.incomplete',
  response: { incomplete_details: { reason } },
});

const text = { type: 'text', text: 'Hi' };
const told = { type: 'tool-call', id: 'a', name: 'save', arguments: {} };

describe('An answer with a complete call', () => {
  const block = (index: number, content: object, delta: object) => [
    { type: 'content_block_start', index, content_block: content },
    { type: 'content_block_delta', index, delta },
    { type: 'content_block_stop', index },
  ];
  const claude = (reason: string) => [
    ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hi' }),
    ...block(
      1,
      { type: 'tool_use', id: 'a', name: 'save', input: {} },
      { type: 'input_json_delta', partial_json: '{}' },
    ),
    { type: 'message_delta', delta: { stop_reason: reason } },
    { type: 'message_stop' },
  ];
  const completed = { type: 'response.completed', response: { output: [] } };

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
