import { describe, expect, it } from '@jest/globals';
import { toTranscript } from '../../../src/delegates/transcript.js';
import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { assistant, call, image, reasoning, result, system, user } from './conversation.js';

const anthropic = (...history: ModelMessage[]) => toTranscript(history, 'anthropic-messages');

/** Roles with the ids and contents that matter here. */
const outline = (...history: ModelMessage[]) =>
  anthropic(...history).messages.map(({ role, parts }) => [
    role,
    ...parts.map((part) => {
      if (part.type === 'text') return part.text;
      if (part.type === 'tool-result') return `${part.id}=${part.isError ? '!' : JSON.stringify(part.content)}`;
      return part.type === 'tool-call' ? part.id : part.type;
    }),
  ]);

describe('toTranscript', () => {
  it('uses the last system message as the instructions', () => {
    expect(anthropic(system('Old'), user('Hi'), system('New')).instructions).toBe('New');
    expect(anthropic(system('Old'), system(' '), user('Hi')).instructions).toBeUndefined();
    expect(anthropic({ role: 'system', parts: [...system('A').parts, ...system('B').parts] }, user('Hi'))).toEqual({
      instructions: 'A\n\nB',
      messages: [user('Hi')],
    });
  });

  it('drops empty text and empty messages', () => {
    expect(outline(user('', ' \n'), user('Hi', ' '), assistant(''), assistant('Yo'))).toEqual([
      ['user', 'Hi'],
      ['assistant', 'Yo'],
    ]);
  });

  it('moves each result right after its call, in the order of the calls', () => {
    const history = [
      user('Go'),
      assistant(call('a'), call('b')),
      user('Wait'),
      result('b', 'B'),
      assistant('Hm'),
      result('a', 'A'),
    ];
    expect(outline(...history)).toEqual([
      ['user', 'Go'],
      ['assistant', 'a', 'b'],
      ['tool', 'a="A"', 'b="B"'],
      ['user', 'Wait'],
      ['assistant', 'Hm'],
    ]);
  });

  it('adds a placeholder result to a call without one, and drops a result without a call', () => {
    const history = [user('Go'), result('a', 'early'), assistant(call('a')), result('x', 'X')];
    expect(outline(...history)).toEqual([
      ['user', 'Go'],
      ['assistant', 'a'],
      ['tool', 'a=!'],
    ]);
    expect(anthropic(...history).messages[2]?.parts[0]).toMatchObject({
      content: expect.stringContaining('no result'),
      name: 'weather',
    });
  });

  it('drops a second result of one call', () => {
    expect(outline(user('Go'), assistant(call('a')), result('a', 1 as never), result('a', 'again'))).toEqual([
      ['user', 'Go'],
      ['assistant', 'a'],
      ['tool', 'a=1'],
    ]);
  });

  it('makes repeated ids unique, and keeps each result with its call', () => {
    const history = [
      user('Go'),
      assistant(call('a')),
      result('a', 'first'),
      assistant(call('a'), call('a')),
      result('a', 'second'),
      result('a', 'third'),
    ];
    expect(outline(...history).slice(1)).toEqual([
      ['assistant', 'a'],
      ['tool', 'a="first"'],
      ['assistant', 'a_2', 'a_3'],
      ['tool', 'a_2="second"', 'a_3="third"'],
    ]);
  });

  it('assigns the result of a repeated id to the latest call, and among its calls to the one with its name', () => {
    const lost = [user('Go'), assistant(call('a')), assistant(call('a', {}, 'one'), call('a', {}, 'two'))];
    expect(outline(...lost, result('a', '2', false, 'two'), result('a', '1', false, 'one'))).toEqual([
      ['user', 'Go'],
      ['assistant', 'a'],
      ['tool', 'a=!'],
      ['assistant', 'a_2', 'a_3'],
      ['tool', 'a_2="1"', 'a_3="2"'],
    ]);
  });

  it('sanitizes ids, and shortens them for every vendor', () => {
    const long = 'x'.repeat(80);
    const calls = assistant(call('functions.weather:0'), call('functions weather:0'), call(''), call(long), call(long));
    const ids = outline(user('Go'), calls)[1]?.slice(1);
    expect(ids).toEqual([
      'functions_weather_0',
      'functions_weather_0_2',
      'call',
      'x'.repeat(40),
      `${'x'.repeat(38)}_2`,
    ]);
  });

  it('never assigns an id that a later call has', () => {
    expect(outline(user('Go'), assistant(call('a'), call('a'), call('a_2')))[1]).toEqual([
      'assistant',
      'a',
      'a_2',
      'a_2_2',
    ]);
  });

  it('keeps reasoning only for the API that made it, complete, and before its output', () => {
    const own = reasoning('anthropic-messages', { type: 'thinking' });
    const foreign = reasoning('openai-responses', { type: 'reasoning' });
    expect(outline(user('Go'), assistant(own, foreign, reasoning('anthropic-messages'), 'Yo', own))[1]).toEqual([
      'assistant',
      'reasoning',
      'Yo',
    ]);
    expect(outline(user('Go'), assistant(own, ' '))).toEqual([['user', 'Go']]);
  });

  it('does not modify the history', () => {
    const history = [user('Go'), assistant(call('a b')), result('a b', 'A')];
    const before = structuredClone(history);
    anthropic(...history);
    expect(history).toEqual(before);
  });

  it.each([
    ['system', image],
    ['user', call('a')],
    ['assistant', image],
    ['tool', { type: 'text', text: 'Hi' }],
  ] as const)('refuses, in a message with the role %s, the part %j', (role, part) => {
    expect(() => anthropic(user('Hi'), { role, parts: [part] })).toThrow(
      expect.objectContaining({ code: 'validation_failed', message: expect.stringContaining(`"${part.type}"`) }),
    );
  });

  it('refuses a history without a message to answer', () => {
    expect(() => anthropic(system('Be brief'), user(' '))).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    );
  });
});
