import { describe, expect, it } from '@jest/globals';
import { type ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions/completions.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
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
import { chatGpt, modelOf } from './models.js';
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
