import { describe, expect, it } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import { UpstreamError } from '../../../src/errors/upstream.errors.js';
import { SseReader } from '../../../src/gateway/sse-reader.js';
import { casesOf, generator } from '../random.js';

const CASES = casesOf(2_000);

const pieces = [
  ...['\n', '\n', '\n\n', '\r', '\r\n', '\r\n\r\n', '\r\r', ' ', ':', '\uFEFF', '\0'],
  ...[
    'data',
    'data:',
    'data: ',
    'data:  two',
    'data: one',
    'data: {"a":1}\n\n',
    'data : no',
    'Data: no',
    'database: no',
  ],
  ...['event: ping\n', 'id: 7\n', 'retry: 10\n', 'unknown: field\n', ': comment\n', 'é', '😀', '漢字'],
];

/** The events that the parser sees in the same text, given whole and decoded. */
function reference(text: string): string[] {
  const events: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => events.push(data) });
  parser.feed(text.replace(/^\uFEFF/, ''));
  // It waits for what follows a CR; the end of a line it is without that, too.
  if (text.endsWith('\r')) parser.feed('\n');
  return events;
}

function read(bytes: Buffer, cuts: readonly number[]): string[] {
  const reader = new SseReader();
  const ends = [...cuts, bytes.length];
  return ends.flatMap((end, place) => reader.read(bytes.subarray(ends[place - 1] ?? 0, end)));
}

describe('SseReader', () => {
  it(`reads the same events from ${CASES} random streams, wherever their bytes are cut`, () => {
    let count = 0;
    for (let seed = 1; seed <= CASES; seed += 1) {
      const below = generator(seed);
      const text = Array.from({ length: below(20) }, () => pieces[below(pieces.length)]).join('');
      const bytes = Buffer.from(text);
      const cuts = Array.from({ length: below(6) }, () => below(bytes.length + 1)).sort((left, right) => left - right);
      const events = reference(text);
      count += events.length;
      expect({ seed, events: read(bytes, cuts) }).toEqual({ seed, events });
      expect({ seed, events: read(bytes, [...bytes.keys()]) }).toEqual({ seed, events });
    }
    expect(count).toBeGreaterThan(CASES / 2);
  });

  it('passes over an event that has no end', () => {
    expect(read(Buffer.from('data: whole\n\ndata: half\n'), [])).toEqual(['whole']);
  });

  it.each([
    ['in one line', () => 'x'.repeat(1024 * 1024)],
    ['in many lines', () => `x\ndata: ${'x'.repeat(1024 * 1024)}`],
  ])('refuses an event of more than 16 MB, %s', (_name, piece) => {
    const reader = new SseReader();
    reader.read(Buffer.from('data: '));
    const bytes = Buffer.from(piece());
    for (let megabytes = 1; megabytes <= 15; megabytes += 1) expect(reader.read(bytes)).toEqual([]);
    expect(() => reader.read(Buffer.concat([bytes, bytes]))).toThrow(UpstreamError);
  });
});
