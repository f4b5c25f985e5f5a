import { describe, expect, it } from '@jest/globals';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';
import { unfinishedText } from '../../../src/runs/unfinished-text.js';

const start = (messageId: string): RunEvent => ({ type: 'message-start', messageId, role: 'assistant' });
const text = (text: string): RunEvent => ({ type: 'text-delta', text });
const runStart: RunEvent = { type: 'run-start', runId: 'r', chatId: 'c', userMessageId: null };
const none = new Set<string>();

describe('unfinishedText', () => {
  it('joins what the last message said', () => {
    const events = [runStart, start('a'), text('old'), start('b'), text('one '), text('two')];
    expect(unfinishedText(events, new Set(['a']))).toEqual({ messageId: 'b', text: 'one two' });
  });

  it('forgets what a reset has taken back', () => {
    const reset: RunEvent = { type: 'reset', messageId: 'a', reason: 'upstream_error' };
    expect(unfinishedText([start('a'), text('one'), reset, text('two')], none)?.text).toBe('two');
    expect(unfinishedText([start('a'), text('one'), reset], none)).toBeUndefined();
  });

  it('leaves out reasoning and the calls of tools', () => {
    const events: RunEvent[] = [
      start('a'),
      { type: 'reasoning-delta', text: 'Hm.' },
      text('I call.'),
      { type: 'tool-call', id: '1', name: 'weather', arguments: { city: 'Graz' } },
    ];
    expect(unfinishedText(events, none)).toEqual({ messageId: 'a', text: 'I call.' });
  });

  it('is nothing where the message is stored, or said nothing, or there is none', () => {
    expect(unfinishedText([start('a'), text('one')], new Set(['a']))).toBeUndefined();
    expect(unfinishedText([start('a')], none)).toBeUndefined();
    expect(unfinishedText([runStart], none)).toBeUndefined();
    expect(unfinishedText([], none)).toBeUndefined();
  });

  it('joins a character that came in two halves, and drops half of one', () => {
    expect(unfinishedText([start('a'), text('\ud83d'), text('\ude00')], none)?.text).toBe('😀');
    expect(unfinishedText([start('a'), text('x\ud83d')], none)?.text).toBe('x\ufffd');
  });
});
