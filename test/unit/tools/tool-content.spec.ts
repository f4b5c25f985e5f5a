import { describe, expect, it } from '@jest/globals';
import { MAX_CONTENT, toolContent } from '../../../src/tools/tool-content.js';

class Money {
  constructor(
    readonly amount: number,
    private readonly currency: string,
  ) {}
  get label(): string {
    return `${this.amount} ${this.currency}`;
  }
}

const cyclic: { name: string; self?: object; twice: object[] } = { name: 'a', twice: [] };
cyclic.self = cyclic;
const shared = { b: 1 };
cyclic.twice = [shared, shared];

describe('Tool result content', () => {
  it.each<[string, unknown, unknown]>([
    ['text', 'Sunny', 'Sunny'],
    ['JSON', { a: [1, true, null, 'x'] }, { a: [1, true, null, 'x'] }],
    ['nothing', undefined, 'done'],
    ['null', null, null],
    ['a function', () => 1, 'done'],
    ['functions and symbols within', { a: () => 1, b: [Symbol('x')], c: undefined }, { b: [null] }],
    ['a bigint', { id: 2n ** 64n }, { id: '18446744073709551616' }],
    ['no number', [NaN, Infinity], [null, null]],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['no date', [new Date(NaN)], [null]],
    ['an instance', new Money(5, 'EUR'), { amount: 5, currency: 'EUR' }],
    [
      'a Map',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, new Map()],
      ]),
      { a: 1, 2: {} },
    ],
    ['a Set', new Set([1, 'a']), [1, 'a']],
    ['an error within', [{ reason: new TypeError('No') }], [{ reason: 'TypeError: No' }]],
    ['bytes', { file: Buffer.alloc(5) }, { file: '[5 bytes of binary data]' }],
    ['a cycle', cyclic, { name: 'a', self: '[the same object again]', twice: [{ b: 1 }, { b: 1 }] }],
    ['what cannot be stored', { 'a\0': 'b\0\ud800' }, { a: 'b\ufffd' }],
  ])('is JSON for %s', (_, value, content) => {
    expect(toolContent(value)).toEqual(content);
  });

  it('has a maximum depth', () => {
    let nested: object = {};
    for (let level = 0; level < 100_000; level++) nested = { nested };
    expect(JSON.stringify(toolContent(nested))).toContain('[too deep]');
  });

  it('is truncated with a note if it is too long', () => {
    const fits = 'x'.repeat(MAX_CONTENT);
    expect(toolContent(fits)).toBe(fits);
    for (const much of ['x'.repeat(5_000_000), Array.from({ length: 500_000 }, (_, id) => ({ id })), { a: fits }]) {
      const content = toolContent(much);
      expect(content).toContain('[The result was cut here, after its first 262144 characters.');
      expect((content as string).length).toBeLessThan(MAX_CONTENT + 200);
    }
    expect(toolContent(Array.from({ length: 500_000 }, () => 1n))).toMatch(/^\["1","1",/);
  });

  it('keeps the names of the fields on the path to the truncation', () => {
    const rows = Array.from({ length: 500_000 }, (_, id) => ({ id }));
    expect(toolContent({ page: { rows } })).toMatch(/^\{"page":\{"rows":\[\{"id":0\},\{"id":1\}/);
    expect(toolContent(new Map([['text', 'x'.repeat(5_000_000)]]))).toMatch(/^\{"text":"xxx/);
  });

  it('does not count what JSON omits', () => {
    const left = Object.fromEntries(Array.from({ length: 30_000 }, (_, id) => [`method ${id}`, () => id]));
    expect(toolContent({ left, last: 1 })).toEqual({ left: {}, last: 1 });
  });

  it('is truncated between characters', () => {
    expect((toolContent(`x${'😀'.repeat(MAX_CONTENT)}`) as string).isWellFormed()).toBe(true);
  });

  it('is truncated early, however often one object is repeated', () => {
    let doubled: unknown = 'x';
    for (let level = 0; level < 60; level++) doubled = [doubled, doubled];
    expect(toolContent(doubled)).toContain('[The result was cut here');
  });
});
