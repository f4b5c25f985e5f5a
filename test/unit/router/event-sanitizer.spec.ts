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

describe('StorableEvents', () => {
  it('leaves what is storable as it is', () => {
    const events = [text('Voilà 🙂'), thought('Hm')];
    expect(new EventSanitizer().sanitize(events)).toBe(events);
  });

  it('puts a pair together that was cut, in one read or in two', () => {
    expect(clean([text('a\ud83d'), text('\ude00b')])).toEqual([text('a'), text('😀b')]);
    expect(clean([text('\ud83d')], [text('\ude00')], [text('b')])).toEqual([text('😀'), text('b')]);
  });

  it('replaces the half of a pair whose other half does not come', () => {
    expect(clean([text('a\ud83d')], [text('b')])).toEqual([text('a'), text('\ufffdb')]);
    expect(clean([text('\ude00b')])).toEqual([text('\ufffdb')]);
    expect(clean([text('\ud83d'), thought('\ude00')])).toEqual([thought('\ufffd')]);
  });

  it('takes NUL out of texts and of calls', () => {
    const call: ModelEvent = { type: 'tool-call', id: 'c', name: 'look', arguments: { at: ['a\0b', '\ud83d'] } };
    expect(clean([text('a\0b'), text('\0'), call])).toEqual([
      text('ab'),
      { ...call, arguments: { at: ['ab', '\ufffd'] } },
    ]);
  });
});
