import { type MessageCreateParamsStreaming } from '@anthropic-ai/sdk/resources/messages/messages.js';
import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { UpstreamOverloadedError } from '../../../src/errors/upstream.errors.js';
import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { type ModelParams } from '../../../src/messages/model-request.interface.js';
import { type Model } from '../../../src/models/model.interface.js';
import {
  assistant,
  call,
  image,
  imageUrl,
  pdf,
  pdfUrl,
  reasoning,
  result,
  system,
  user,
  weather,
} from './conversation.js';
import { feed, recorded } from './feed.js';
import { adaptiveClaude, budgetClaude } from './models.js';
import { rendered } from './rendered.js';

const thought = { type: 'thinking', thinking: 'Hm.', signature: 'sig' };
const mark = { cache_control: { type: 'ephemeral' as const } };

function render(messages: ModelMessage[], params: ModelParams = {}, model: Model = budgetClaude) {
  return rendered(anthropicDelegate, model, { messages, params });
}

const contents = (messages: ModelMessage[]) =>
  (render(messages).messages as { content: object[] }[]).map(({ content }) => content);

describe('Anthropic renderRequest', () => {
  it('renders every part of a request', () => {
    const body = rendered(anthropicDelegate, budgetClaude, {
      messages: [
        system('Be brief.'),
        user('Weather in Rome?', image),
        assistant(reasoning('anthropic-messages', thought), 'Let me look.', call('t 1', { place: 'Rome' }), call('t2')),
        result('t2', { degrees: 20 }),
        result('t 1', 'No such place', true),
        user('And now?'),
      ],
      params: { thinking: { budgetTokens: 2_000 }, stopSequences: ['END'] },
      tools: [weather],
    });
    const expected = {
      model: 'claude-sonnet-4-6',
      max_tokens: 16_384,
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      stop_sequences: ['END'],
      tools: [
        {
          name: 'weather',
          description: 'Current weather',
          input_schema: { type: 'object' as const, ...weather.parameters },
        },
      ],
      system: [{ type: 'text', text: 'Be brief.', ...mark }],
      stream: true,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Weather in Rome?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: image.data } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
            { type: 'text', text: 'Let me look.' },
            { type: 'tool_use', id: 't_1', name: 'weather', input: { place: 'Rome' } },
            { type: 'tool_use', id: 't2', name: 'weather', input: {}, ...mark },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't_1', content: 'No such place', is_error: true },
            { type: 'tool_result', tool_use_id: 't2', content: '{"degrees":20}' },
            { type: 'text', text: 'And now?', ...mark },
          ],
        },
      ],
    } satisfies MessageCreateParamsStreaming;
    expect(body).toEqual(expected);
    expect(JSON.stringify(body)).toBe(JSON.stringify(expected));
  });

  it("uses the vendor's path and API version", () => {
    expect(anthropicDelegate).toMatchObject({
      api: 'anthropic-messages',
      path: '/anthropic/v1/messages',
      headers: { 'anthropic-version': '2023-06-01' },
    });
  });

  it('omits optional fields', () => {
    expect(render([user('Hi')])).toEqual({
      model: 'claude-sonnet-4-6',
      max_tokens: 16_384,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', ...mark }] }],
      stream: true,
    });
  });

  it('merges adjacent messages of one role', () => {
    expect(contents([user('A'), user('B'), assistant('C'), assistant('D'), user('E')])).toEqual([
      [
        { type: 'text', text: 'A' },
        { type: 'text', text: 'B' },
      ],
      [
        { type: 'text', text: 'C' },
        { type: 'text', text: 'D', ...mark },
      ],
      [{ type: 'text', text: 'E', ...mark }],
    ]);
  });

  it('starts with a user message even if the assistant spoke first', () => {
    expect(render([assistant('Welcome!'), user('Hi')]).messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ text: 'Welcome!' }] },
      { role: 'user' },
    ]);
  });

  it('trims only an answer that the model shall continue', () => {
    expect(contents([user('Go'), assistant('One \n')])[1]).toMatchObject([{ text: 'One' }]);
    expect(contents([user('Go'), assistant('One \n'), user('On')])[1]).toMatchObject([{ text: 'One \n' }]);
  });

  it('renders images and documents from data and URLs', () => {
    expect(contents([user(imageUrl, pdf, pdfUrl, 'Read')])[0]).toMatchObject([
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.webp' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdf.data }, title: 'a.pdf' },
      { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
      { type: 'text' },
    ]);
  });

  it('renders an empty result without content', () => {
    expect(contents([user('Go'), assistant(call('a')), result('a', '')])[2]).toEqual([
      { type: 'tool_result', tool_use_id: 'a', ...mark },
    ]);
  });

  it('sets cache marks on the instructions and the last two messages, never on thinking', () => {
    const messages = ['A', 'B', 'C', 'D'].flatMap((text) => [user(text), assistant(text)]);
    const marked = (JSON.stringify(render([system('S'), ...messages, user('E')])).match(/cache_control/g) ?? []).length;
    expect(marked).toBe(3);
    const thoughtful = render([user('A'), assistant(reasoning('anthropic-messages', thought), 'B'), user('C')], {
      thinking: { effort: 'low' },
    });
    expect(JSON.stringify(thoughtful.messages)).toContain('{"type":"thinking","thinking":"Hm.","signature":"sig"}');
    expect(thought).not.toHaveProperty('cache_control');
  });
});

describe('Anthropic thinking in the middle of a turn', () => {
  const params: ModelParams = { thinking: { effort: 'low' } };
  const own = reasoning('anthropic-messages', thought);
  const foreign = reasoning('openai-responses', { type: 'reasoning' });
  const isOn = (...messages: ModelMessage[]) => 'thinking' in render(messages, params);

  it('stays enabled if the turn started with thinking', () => {
    expect(isOn(user('Go'), assistant(own, call('a')), result('a', 'A'))).toBe(true);
    const withoutBetween = [assistant(own, call('a')), result('a', 'A'), assistant(call('b')), result('b', 'B')];
    expect(isOn(user('Go'), ...withoutBetween)).toBe(true);
  });

  it('is disabled if the turn started without thinking', () => {
    const begun = [user('Go'), assistant(foreign, call('a')), result('a', 'A')];
    expect(isOn(...begun)).toBe(false);
    expect(isOn(...begun, user('Hurry'))).toBe(false);
    expect(isOn(...begun, assistant(own, call('b')), result('b', 'B'))).toBe(false);
  });

  it('is enabled again in the next turn', () => {
    expect(isOn(user('Go'), assistant(call('a')), result('a', 'A'), assistant('Done'), user('More'))).toBe(true);
    expect(isOn(user('Go'))).toBe(true);
  });

  it('replays thinking only if the model may think', () => {
    const history = [user('Go'), assistant(own, call('a')), result('a', 'A')];
    expect(JSON.stringify(render(history))).not.toContain('"signature"');
    expect(JSON.stringify(render(history, params))).toContain('"signature"');
    expect(JSON.stringify(render(history, {}, adaptiveClaude))).toContain('"signature"');
  });

  it('stays enabled for models with adaptive thinking', () => {
    const begun = [user('Go'), assistant(foreign, call('a')), result('a', 'A')];
    expect(render(begun, params, adaptiveClaude)).toMatchObject({ thinking: { type: 'adaptive' } });
  });
});

const start = (index: number, block: object) => ({ type: 'content_block_start', index, content_block: block });
const delta = (index: number, change: object) => ({ type: 'content_block_delta', index, delta: change });
const stop = (index: number) => ({ type: 'content_block_stop', index });
const end = (reason: string | null) => [
  { type: 'message_delta', delta: { stop_reason: reason }, usage: { output_tokens: 1 } },
  { type: 'message_stop' },
];
const tool = (index: number, ...json: string[]) => [
  start(index, { type: 'tool_use', id: `toolu_${index}`, name: 'save', input: {} }),
  ...json.map((piece) => delta(index, { type: 'input_json_delta', partial_json: piece })),
  stop(index),
];

describe('Anthropic parseStream', () => {
  it('reads text and usage', () => {
    const { answer, events } = feed(anthropicDelegate, recorded('anthropic/text'));
    expect(events.map((event) => event.type)).toEqual(['text-delta', 'text-delta', 'text-delta']);
    expect(answer).toEqual({
      parts: [{ type: 'text', text: 'Hello, wörld 🌍!' }],
      finishReason: 'stop',
      usage: { inputTokens: 25, outputTokens: 12, reasoningTokens: 0, cacheReadTokens: 2048, cacheWriteTokens: 120 },
    });
  });

  it('keeps signed thinking blocks unchanged, and uses the last usage', () => {
    const { answer } = feed(anthropicDelegate, recorded('anthropic/thinking'));
    expect(answer).toEqual({
      parts: [
        {
          type: 'reasoning',
          text: 'The user wants the weather.',
          api: 'anthropic-messages',
          raw: {
            type: 'thinking',
            thinking: 'The user wants the weather.',
            signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk=',
          },
        },
        {
          type: 'reasoning',
          text: '',
          api: 'anthropic-messages',
          raw: { type: 'redacted_thinking', data: expect.stringMatching(/^EmwKAhgBEgy/) },
        },
        { type: 'text', text: 'Let me look.' },
        { type: 'tool-call', id: 'toolu_01T1x1fJ34qAmk2tNTrN7Up6', name: 'weather', arguments: { city: 'Zürich' } },
      ],
      finishReason: 'tool-calls',
      usage: { inputTokens: 30, outputTokens: 89, reasoningTokens: 40, cacheReadTokens: 2050, cacheWriteTokens: 130 },
    });
  });

  it('keeps a signature without text, as from models that hide their thinking', () => {
    const block = { type: 'thinking', thinking: '', signature: '' };
    const { answer } = feed(anthropicDelegate, [
      start(0, block),
      delta(0, { type: 'signature_delta', signature: 'sig' }),
      stop(0),
      ...end('end_turn'),
    ]);
    const raw = { ...block, signature: 'sig' };
    expect(answer.parts).toEqual([{ type: 'reasoning', text: '', api: 'anthropic-messages', raw }]);
  });

  it('never marks unfinished thinking as replayable', () => {
    const thinking = [
      start(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Hm' }),
    ];
    const signed = delta(0, { type: 'signature_delta', signature: 'half a signa' });
    const bare = [{ type: 'reasoning', text: 'Hm', api: 'anthropic-messages' }];
    expect(feed(anthropicDelegate, [...thinking, signed]).answer.parts).toEqual(bare);
    expect(feed(anthropicDelegate, [...thinking, stop(0)]).answer.parts).toEqual(bare);
  });

  it('assembles interleaved calls, in the order of the blocks', () => {
    const { answer } = feed(anthropicDelegate, recorded('anthropic/parallel-tools'));
    expect(answer.parts).toEqual([
      { type: 'text', text: 'Both at once.' },
      { type: 'tool-call', id: 'toolu_a', name: 'weather', arguments: { city: 'Rome', days: [1, 2] } },
      { type: 'tool-call', id: 'toolu_b', name: 'weather', arguments: { city: 'Oslo' } },
      { type: 'tool-call', id: 'toolu_c', name: 'now', arguments: {} },
    ]);
  });

  it('emits tool calls at the end, when it is known whether they are complete', () => {
    const calls = [...tool(0, '{"a"', ':1}'), ...tool(1, '{"b":1}')];
    expect(feed(anthropicDelegate, calls).events).toEqual([]);
    expect(feed(anthropicDelegate, [...calls, ...end('tool_use')]).events).toEqual([
      { type: 'tool-call', id: 'toolu_0', name: 'save', arguments: { a: 1 } },
      { type: 'tool-call', id: 'toolu_1', name: 'save', arguments: { b: 1 } },
    ]);
  });

  it('accepts a call without input only if nothing was truncated', () => {
    const [whole, cut] = ['tool_use', 'max_tokens'].map((reason) =>
      feed(anthropicDelegate, [...tool(0), ...end(reason)]),
    );
    expect(whole?.answer.parts).toMatchObject([{ id: 'toolu_0', arguments: {} }]);
    expect(cut?.answer.parts).toEqual([]);
    expect(feed(anthropicDelegate, [...tool(0), ...tool(1, '{"b":1}'), ...end('max_tokens')]).events).toMatchObject([
      { id: 'toolu_0', arguments: {} },
      { id: 'toolu_1', arguments: { b: 1 } },
    ]);
  });

  it('accepts an input in the start event, unless it comes in pieces', () => {
    const begun = start(0, { type: 'tool_use', id: 'toolu_0', name: 'save', input: { a: 42 } });
    const piece = delta(0, { type: 'input_json_delta', partial_json: '{"b":1}' });
    for (const [stream, input] of [
      [[begun, stop(0), ...end('tool_use')], { a: 42 }],
      [[begun, stop(0), ...end('max_tokens')], { a: 42 }],
      [[begun, piece, stop(0), ...end('tool_use')], { b: 1 }],
    ] as const) {
      const { events, answer } = feed(anthropicDelegate, stream);
      expect(events).toEqual([{ type: 'tool-call', id: 'toolu_0', name: 'save', arguments: input }]);
      expect(answer.parts).toEqual(events);
    }
  });

  it('describes a start event that is not an object', () => {
    const begun = start(0, { type: 'tool_use', id: 'toolu_0', name: 'save', input: [1] });
    const { answer } = feed(anthropicDelegate, [begun, stop(0), ...end('tool_use')]);
    expect(answer.parts).toMatchObject([{ arguments: {}, malformed: '[1]' }]);
  });

  it('drops a call that the token limit truncated', () => {
    const { answer, events } = feed(anthropicDelegate, recorded('anthropic/cut-in-tool'));
    expect(answer).toMatchObject({ parts: [{ type: 'text', text: 'Writing.' }], finishReason: 'length' });
    expect(events.some((event) => event.type === 'tool-call')).toBe(false);
  });

  it.each(['{"a":', '[1]', '"text"', 'null'])('reports the input of a complete call as %s', (json) => {
    const { events, answer } = feed(anthropicDelegate, [...tool(0, json), ...end('tool_use')]);
    const called = { type: 'tool-call', id: 'toolu_0', name: 'save', arguments: {}, malformed: json };
    expect(answer).toMatchObject({ parts: [called], finishReason: 'tool-calls' });
    expect(events).toEqual([called]);
    expect(feed(anthropicDelegate, [...tool(0, json), ...end('max_tokens')]).answer.parts).toEqual([]);
  });

  it('refuses a call without an id or name', () => {
    const nameless = start(0, { type: 'tool_use', id: 'toolu_0', name: '', input: {} });
    expect(feed(anthropicDelegate, [nameless]).error).toMatchObject({ message: expect.stringContaining('a name') });
  });

  it('ignores blocks and deltas of server tools', () => {
    const { answer } = feed(anthropicDelegate, [
      start(0, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
      delta(0, { type: 'input_json_delta', partial_json: '{"query":' }),
      stop(0),
      ...end('end_turn'),
    ]);
    expect(answer).toMatchObject({ parts: [], finishReason: 'stop' });
  });

  it.each([
    { type: 'text_delta', text: 'Summary' },
    { type: 'thinking_delta', thinking: 'Hm' },
    { type: 'signature_delta', signature: 'sig' },
    { type: 'novel_delta', text: 'New' },
  ])('ignores a $type of an unknown block type', (piece) => {
    const { answer, events, error } = feed(anthropicDelegate, [
      start(0, { type: 'compaction', content: null }),
      delta(0, piece),
      stop(0),
      start(1, { type: 'text', text: '' }),
      delta(1, { type: 'text_delta', text: 'Hi' }),
      stop(1),
      ...end('end_turn'),
    ]);
    expect(error).toBeUndefined();
    expect(events).toEqual([{ type: 'text-delta', text: 'Hi' }]);
    expect(answer.parts).toEqual([{ type: 'text', text: 'Hi' }]);
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['tool_use', 'tool-calls'],
    ['refusal', 'refusal'],
    ['pause_turn', 'pause'],
    ['model_context_window_exceeded', 'context-window'],
    ['constructor', 'other'],
  ])('maps the stop reason %s to %s', (wire, neutral) => {
    expect(feed(anthropicDelegate, end(wire)).answer.finishReason).toBe(neutral);
  });

  it('treats an end without a stop reason as a truncated stream', () => {
    const { error, isDone } = feed(anthropicDelegate, end(null));
    expect(error).toMatchObject({ name: 'UpstreamError', isRetryable: true });
    expect(isDone).toBe(false);
  });

  it('throws an error event, and keeps the text so far', () => {
    const { error, answer } = feed(anthropicDelegate, recorded('anthropic/overloaded'));
    expect(error).toBeInstanceOf(UpstreamOverloadedError);
    expect(answer.parts).toEqual([{ type: 'text', text: 'Half an' }]);
  });

  it('reads a large input in linear time', () => {
    const piece = 'x'.repeat(50);
    const pieces = ['{"text":"', ...Array.from({ length: 20_000 }, () => piece), '"}'];
    const { answer } = feed(anthropicDelegate, [...tool(0, ...pieces), ...end('tool_use')]);
    expect(answer.parts).toMatchObject([{ arguments: { text: piece.repeat(20_000) } }]);
  });
});
