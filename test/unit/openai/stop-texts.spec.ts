import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StopTexts } from '../../../src/openai/stop-texts.js';

function told(stops: string[], pieces: string[]): string {
  const texts = new StopTexts(stops);
  return pieces.map((piece) => texts.push(piece)).join('') + texts.flush();
}

describe('Stop texts', () => {
  it('end a text before the first of them, however it is cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
    const stop = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 6 }), fc.array(stop, { maxLength: 4 }), (pieces, stops) => {
        const whole = pieces.join('');
        const places = stops.map((text) => firstEnd(whole, text)).filter(([at]) => at !== -1);
        const [first] = places.sort(([, left], [, right]) => left - right);
        const result = told(stops, pieces);
        if (first === undefined) expect(result).toBe(whole);
        else {
          expect(whole.startsWith(result)).toBe(true);
          expect(stops.every((text) => !result.includes(text))).toBe(true);
          expect(stops.some((text) => whole.startsWith(text, result.length))).toBe(true);
        }
      }),
    );
  });

  it('are not held back longer than they may still come', () => {
    const texts = new StopTexts(['END']);
    expect([texts.push('to the E'), texts.push('ast'), texts.push(' EN'), texts.flush()]).toEqual([
      'to the ',
      'East',
      ' ',
      'EN',
    ]);
  });
});

/** Where a text begins and ends first. */
function firstEnd(whole: string, text: string): [at: number, end: number] {
  const at = whole.indexOf(text);
  return [at, at + text.length];
}
