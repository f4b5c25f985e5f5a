import { type MessageCreateParamsStreaming } from '@anthropic-ai/sdk/resources/messages/messages.js';
import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
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
