import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { type Delegate } from '../../../src/delegates/delegate.interface.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { textOf } from '../../../src/messages/text.js';
import { feed, spoken } from './feed.js';

type Texts = readonly (readonly string[])[];

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

const contentOf = (pieces: readonly string[]) => ({ type: 'output_text', text: pieces.join('') });
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
    { type: 'response.output_item.done', output_index: index, item: { type: 'message', content: [contentOf(pieces)] } },
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
