import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { feed, recorded, spoken } from './feed.js';
import { RECORDED_ANSWERS } from './wire.js';

describe.each(RECORDED_ANSWERS)('The recorded stream %s', (name, delegate) => {
  const stream = recorded(name);
  const whole = feed(delegate, stream);

  it('has the same text in its deltas and its answer', () => {
    const { parts } = whole.answer;
    const texts = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    const thoughts = parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
    const byId = (left: { id: string }, right: { id: string }) => left.id.localeCompare(right.id);
    const calls = parts.filter((part) => part.type === 'tool-call').sort(byId);
    expect(spoken(whole.events, 'text-delta')).toBe(texts);
    expect(spoken(whole.events, 'reasoning-delta')).toBe(thoughts);
    expect(whole.events.filter((event) => event.type === 'tool-call').sort(byId)).toEqual(calls);
    expect(whole).toMatchObject({ isDone: true, error: undefined });
  });

  it('gives no answer and no tool call if it is truncated anywhere', () => {
    for (let end = 0; end < stream.length; end++) {
      const cut = feed(delegate, stream.slice(0, end));
      expect(cut).toMatchObject({ isDone: false, error: undefined });
      expect(cut.answer.parts.filter((part) => part.type === 'tool-call')).toEqual([]);
      expect(cut.events).toEqual(whole.events.slice(0, cut.events.length));
    }
  });

  it('ignores events after its end', () => {
    expect(feed(delegate, [...stream, 'garbage', ...stream])).toEqual(whole);
  });

  it('gives the same answer each time', () => {
    const parser = delegate.createParser();
    const answers = stream.map((data) => {
      parser.push(data, []);
      return parser.answer();
    });
    expect(answers.at(-1)).toEqual(whole.answer);
    expect(parser.answer()).toEqual(whole.answer);
  });
});

describe.each([
  ['Anthropic', anthropicDelegate],
  ['Chat Completions', openaiChatDelegate],
  ['Responses', openaiResponsesDelegate],
])('%s', (_name, delegate) => {
  it.each(['<html>', 'null', '"text"', '42', '{"type":'])('refuses the event %j', (data) => {
    const { error } = feed(delegate, [data]);
    expect(error).toMatchObject({ name: 'UpstreamError', code: 'upstream_error', isRetryable: true });
  });

  it.each([{}, [], { type: 'novelty', delta: null }, { choices: [null], usage: null }, '', ' '])(
    'ignores %j',
    (data) => {
      expect(feed(delegate, [data])).toMatchObject({ events: [], isDone: false, error: undefined });
    },
  );
});
