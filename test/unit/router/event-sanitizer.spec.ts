import { describe, expect, it } from '@jest/globals';
import { type ModelEvent } from '../../../src/messages/model-request.interface.js';
import { EventSanitizer } from '../../../src/router/event-sanitizer.js';

const text = (piece: string): ModelEvent => ({ type: 'text-delta', text: piece });
const thought = (piece: string): ModelEvent => ({ type: 'reasoning-delta', text: piece });

/** What becomes of events that come one read after the other. */
function clean(...reads: ModelEvent[][]): ModelEvent[] {
  const storable = new EventSanitizer();
  return reads.flatMap((events) => storable.sanitize(events));
}

describe('EventSanitizer', () => {
  it('does not change clean text', () => {
    const events = [text('Voilà 🙂'), thought('Hm')];
    expect(new EventSanitizer().sanitize(events)).toBe(events);
  });

  it('joins a split surrogate pair, within one read or across two', () => {
    expect(clean([text('a\ud83d'), text('\ude00b')])).toEqual([text('a'), text('😀b')]);
    expect(clean([text('\ud83d')], [text('\ude00')], [text('b')])).toEqual([text('😀'), text('b')]);
  });

  it('replaces a lone surrogate', () => {
    expect(clean([text('a\ud83d')], [text('b')])).toEqual([text('a'), text('\ufffdb')]);
    expect(clean([text('\ude00b')])).toEqual([text('\ufffdb')]);
    expect(clean([text('\ud83d'), thought('\ude00')])).toEqual([thought('\ufffd')]);
  });

  it('removes NUL from texts and calls', () => {
    const call: ModelEvent = { type: 'tool-call', id: 'c', name: 'look', arguments: { at: ['a\0b', '\ud83d'] } };
    expect(clean([text('a\0b'), text('\0'), call])).toEqual([
      text('ab'),
      { ...call, arguments: { at: ['ab', '\ufffd'] } },
    ]);
  });
});
