import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { type Delegate } from '../../../src/delegates/delegate.interface.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { AnswerTooLargeError } from '../../../src/errors/upstream.errors.js';
import { type ModelEvent } from '../../../src/messages/model-request.interface.js';
import { spoken } from './feed.js';

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
