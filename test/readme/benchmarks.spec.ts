import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { type BenchReport } from '../bench/bench-row.interface.js';
import { plotOf } from '../bench/plot.js';
import { tableRow } from '../bench/report.js';
import { pageOf, root, tableRows } from './blocks.js';

const read = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');
const report = JSON.parse(read('benchmarks.json')) as BenchReport;

it('the table of benchmarks.md has the rows of benchmarks.json, with missed budgets in bold', () => {
  const rows = report.rows.map((row) => {
    const { what, value, against, ratio, budget } = tableRow(row);
    return [what, value, against, row.isMet === false ? `**${ratio ?? ''}**` : ratio, budget];
  });
  expect(rows.length).toBeGreaterThan(20);
  expect(tableRows('benchmarks.md', 'Benchmarks')).toEqual(rows);
  expect(pageOf('benchmarks.md').text).toContain(report.date);
});

it('benchmarks.svg is the plot of benchmarks.json', () => {
  expect(read('benchmarks.svg')).toBe(plotOf(report));
});

it('a plot draws each row that has a budget, met or missed, in either direction, and cuts off what exceeds it by far', () => {
  const row = { name: 'a < b', value: '1', against: '1' };
  const svg = plotOf({
    date: '2026-01-31',
    node: '20.20.2',
    cores: 2,
    rows: [
      { ...row, ratio: 0.5, budget: { atMost: 1 }, isMet: true },
      { ...row, ratio: 8, budget: { atLeast: 4 }, isMet: true },
      { ...row, ratio: 9, budget: { atMost: 1 }, isMet: false },
      { ...row, ratio: 7, budget: null, isMet: null },
    ],
  });
  const bars = [...svg.matchAll(/<rect class="(bar|missed)" .* width="([\d.]+)"/g)].map(([, kind, width]) => [
    kind,
    width,
  ]);
  expect(bars).toEqual([
    ['bar', '100.0'],
    ['bar', '100.0'],
    ['missed', '300.0'],
  ]);
  expect(svg).toContain('9.00 (≤ 1), missed');
  expect(svg.match(/a &lt; b/g)).toHaveLength(3);
});
