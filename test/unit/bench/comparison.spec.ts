import { describe, expect, it } from '@jest/globals';
import { comparisonOf } from '../../bench/comparison.js';

function report(...ratios: [name: string, ratio: number, low: number, high: number][]) {
  const rows = ratios.map(([name, ratio, low, high]) => ({
    name,
    value: '2.00 µs',
    against: '1.00 µs',
    ratio,
    spread: [low, high] as [number, number],
    budget: null,
    isMet: null,
  }));
  return { rows };
}

describe('comparisonOf', () => {
  it('shows a row whose ratio moved out of the spread of both runs, with both figures', () => {
    const differences = comparisonOf(report(['a chunk', 1, 0.9, 1.1]), report(['a chunk', 1.3, 1.2, 1.4]));
    expect(differences).toEqual([
      { what: 'a chunk', was: '1.00 (0.90 to 1.10)', is: '1.30 (1.20 to 1.40)', '': 'moved' },
    ]);
  });

  it('shows a row that moved down as well', () => {
    const differences = comparisonOf(report(['a chunk', 1.3, 1.2, 1.4]), report(['a chunk', 1, 0.9, 1.1]));
    expect(differences).toEqual([expect.objectContaining({ what: 'a chunk', '': 'moved' })]);
  });

  it('leaves out a row whose new ratio lies within the old spread', () => {
    expect(comparisonOf(report(['a chunk', 1, 0.9, 1.4]), report(['a chunk', 1.3, 1.2, 1.4]))).toEqual([]);
  });

  it('leaves out a row whose old ratio lies within the new spread', () => {
    expect(comparisonOf(report(['a chunk', 1, 0.9, 1.1]), report(['a chunk', 1.3, 1, 1.4]))).toEqual([]);
  });

  it('shows an exact figure that changed, and not one that is the same', () => {
    const before = report(['trips', 1, 1, 1], ['round trips', 1, 1, 1]);
    const after = report(['trips', 1, 1, 1], ['round trips', 1.5, 1.5, 1.5]);
    expect(comparisonOf(before, after)).toEqual([expect.objectContaining({ what: 'round trips', '': 'moved' })]);
  });

  it('shows rows that are new or gone', () => {
    expect(comparisonOf(report(['old', 1, 1, 1]), report(['new', 2, 2, 2]))).toEqual([
      { what: 'new', was: '', is: '2.00 (2.00 to 2.00)', '': 'new' },
      { what: 'old', was: '1.00 (1.00 to 1.00)', is: '', '': 'gone' },
    ]);
  });

  it('compares a row that an earlier version wrote without a spread by its ratio alone', () => {
    const { rows } = report(['a chunk', 1, 0, 2]);
    const before: unknown = JSON.parse(
      JSON.stringify({ rows }, (key, value: unknown) => (key === 'spread' ? undefined : value)),
    );
    expect(comparisonOf(before as { rows: typeof rows }, report(['a chunk', 1.3, 1.2, 1.4]))).toEqual([
      { what: 'a chunk', was: '1.00 (1.00 to 1.00)', is: '1.30 (1.20 to 1.40)', '': 'moved' },
    ]);
  });
});
