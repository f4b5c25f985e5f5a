import { describe, expect, it } from '@jest/globals';
import { type ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions/completions.js';
import { type ResponseCreateParamsStreaming } from 'openai/resources/responses/responses.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { RateLimitError } from '../../../src/errors/upstream.errors.js';
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
import { chatGpt, modelOf, responsesGpt } from './models.js';
import { rendered } from './rendered.js';

const render = (...messages: ReturnType<typeof user>[]) =>
  rendered(openaiChatDelegate, modelOf('duo-chat-gpt-5-5'), { messages });

describe('OpenAI Chat renderRequest', () => {
  it('renders every part of a request', () => {
    const body = rendered(openaiChatDelegate, chatGpt, {
      messages: [
        system('Be brief.'),
        user('Weather in Rome?', image),
        assistant(
          reasoning('openai-chat', { type: 'any' }),
          'Let me look.',
          call('call 1', { place: 'Rome' }),
          call('call_2'),
        ),
        result('call_2', { degrees: 20 }),
        result('call 1', 'No such place', true),
        assistant('One failed.', 'Sorry.'),
        user('And now?'),
      ],
      params: { thinking: { effort: 'medium' }, temperature: 1 },
      tools: [weather],
    });
    const expected = {
      model: 'gpt-5.1-2025-11-13',
      tools: [
        {
          type: 'function',
          function: { name: 'weather', description: 'Current weather', parameters: weather.parameters },
        },
      ],
      max_completion_tokens: 16_384,
      reasoning_effort: 'medium',
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Weather in Rome?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${image.data}` } },
          ],
        },
        {
          role: 'assistant',
          content: 'Let me look.',
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"place":"Rome"}' } },
            { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'Error: No such place' },
        { role: 'tool', tool_call_id: 'call_2', content: '{"degrees":20}' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'One failed.' },
            { type: 'text', text: 'Sorry.' },
          ],
        },
        { role: 'user', content: 'And now?' },
      ],
    } satisfies ChatCompletionCreateParamsStreaming;
    expect(JSON.stringify(body)).toBe(JSON.stringify(expected));
  });

  it("uses the vendor's path", () => {
    expect(openaiChatDelegate).toMatchObject({ api: 'openai-chat', path: '/openai/v1/chat/completions', headers: {} });
  });

  it('renders null content for a message with only calls', () => {
    expect(render(user('Go'), assistant(call('a'))).messages).toMatchObject([{}, { content: null }, { role: 'tool' }]);
  });

  it('renders images and documents', () => {
    expect(render(user(imageUrl, pdf)).messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://example.com/a.webp' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf.data}` } },
        ],
      },
    ]);
  });

  it('names the URL of a document, which this API cannot fetch', () => {
    expect(render(user(pdfUrl)).messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: '[document: https://example.com/a.pdf]' }] },
    ]);
  });
});

const chunk = (delta: object, reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason: reason }],
});
const end = (reason: string) => [chunk({}, reason), '[DONE]'];

describe('OpenAI Chat parseStream', () => {
  const call = (piece: object) => chunk({ tool_calls: [{ index: 0, ...piece }] });

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

const raw = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'g' };

describe('OpenAI Responses renderRequest', () => {
  const render = (...messages: ReturnType<typeof user>[]) =>
    rendered(openaiResponsesDelegate, responsesGpt, { messages });

  it('renders every part of a request in order', () => {
    const body = rendered(openaiResponsesDelegate, responsesGpt, {
      messages: [
        system('Be brief.'),
        user('Weather in Rome?', image),
        assistant(
          reasoning('openai-responses', raw),
          'Let me look.',
          call('call 1', { place: 'Rome' }),
          'And there.',
          call('call_2'),
        ),
        result('call_2', { degrees: 20 }),
        result('call 1', 'No such place', true),
      ],
      params: { thinking: { effort: 'high' }, temperature: 1 },
      tools: [weather],
    });
    const expected = {
      model: 'gpt-6-astra',
      instructions: 'Be brief.',
      tools: [
        {
          type: 'function',
          name: 'weather',
          description: 'Current weather',
          parameters: weather.parameters,
          strict: false,
        },
      ],
      max_output_tokens: 8_192,
      reasoning: { effort: 'high', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      store: false,
      stream: true,
      input: [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'Weather in Rome?' },
            { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${image.data}` },
          ],
        },
        { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'g' },
        { type: 'message', role: 'assistant', content: 'Let me look.' },
        { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"place":"Rome"}' },
        { type: 'message', role: 'assistant', content: 'And there.' },
        { type: 'function_call', call_id: 'call_2', name: 'weather', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'Error: No such place' },
        { type: 'function_call_output', call_id: 'call_2', output: '{"degrees":20}' },
      ],
    } satisfies ResponseCreateParamsStreaming;
    expect(JSON.stringify(body)).toBe(JSON.stringify(expected));
  });

  it("uses the vendor's path", () => {
    expect(openaiResponsesDelegate).toMatchObject({
      api: 'openai-responses',
      path: '/openai/v1/responses',
      headers: {},
    });
  });

  it('replays reasoning unchanged, unless nothing follows it', () => {
    const own = reasoning('openai-responses', raw);
    const { input } = render(user('Go'), assistant(own), user('Go on'), assistant(own, 'Yo'));
    expect(input).toMatchObject([{ role: 'user' }, { role: 'user' }, raw, { role: 'assistant' }]);
  });

  it('renders images and documents from data and URLs', () => {
    expect(render(user(imageUrl, pdf, pdfUrl)).input).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_image', detail: 'auto', image_url: 'https://example.com/a.webp' },
          { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf.data}` },
          { type: 'input_file', file_url: 'https://example.com/a.pdf' },
        ],
      },
    ]);
  });
});

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
