import { describe, expect, it } from '@jest/globals';
import { type ResponseCreateParamsStreaming } from 'openai/resources/responses/responses.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
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
import { responsesGpt } from './models.js';
import { rendered } from './rendered.js';

const raw = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'g' };
const render = (...messages: ReturnType<typeof user>[]) =>
  rendered(openaiResponsesDelegate, responsesGpt, { messages });

describe('OpenAI Responses renderRequest', () => {
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
