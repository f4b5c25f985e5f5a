import { describe, expect, it } from '@jest/globals';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';
import { partialAnswer } from '../../../src/runs/partial-answer.js';

const start = (messageId: string): RunEvent => ({ type: 'message-start', messageId, role: 'assistant' });
const text = (text: string): RunEvent => ({ type: 'text-delta', text });
const runStart: RunEvent = { type: 'run-start', runId: 'r', chatId: 'c', userMessageId: null };
const none = new Set<string>();

describe('partialAnswer', () => {
  it('joins the text of the last message', () => {
    const events = [runStart, start('a'), text('old'), start('b'), text('one '), text('two')];
    expect(partialAnswer(events, new Set(['a']))).toEqual({ messageId: 'b', text: 'one two' });
  });

  it('drops text that a reset has withdrawn', () => {
    const reset: RunEvent = { type: 'reset', messageId: 'a', reason: 'upstream_error' };
    expect(partialAnswer([start('a'), text('one'), reset, text('two')], none)?.text).toBe('two');
    expect(partialAnswer([start('a'), text('one'), reset], none)).toBeUndefined();
  });

  it('excludes reasoning and tool calls', () => {
    const events: RunEvent[] = [
      start('a'),
      { type: 'reasoning-delta', text: 'Hm.' },
      text('I call.'),
      { type: 'tool-call', toolCallId: '2', providerCallId: '1', name: 'weather', arguments: { city: 'Graz' } },
    ];
    expect(partialAnswer(events, none)).toEqual({ messageId: 'a', text: 'I call.' });
  });

  it('is empty if the message is stored, has no text, or does not exist', () => {
    expect(partialAnswer([start('a'), text('one')], new Set(['a']))).toBeUndefined();
    expect(partialAnswer([start('a')], none)).toBeUndefined();
    expect(partialAnswer([runStart], none)).toBeUndefined();
    expect(partialAnswer([], none)).toBeUndefined();
  });

  it('joins a split surrogate pair, and drops a lone surrogate', () => {
    expect(partialAnswer([start('a'), text('\ud83d'), text('\ude00')], none)?.text).toBe('😀');
    expect(partialAnswer([start('a'), text('x\ud83d')], none)?.text).toBe('x\ufffd');
  });
});
