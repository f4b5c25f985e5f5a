import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { type Delegate } from '../../../src/delegates/delegate.interface.js';
import { feed } from './feed.js';

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
