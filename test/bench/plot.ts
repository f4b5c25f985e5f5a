import { type BenchReport, type BenchRow, type Budget } from './bench-row.interface.js';
import { isMet, textOf } from './report.js';

const ROW_HEIGHT = 24;
const TOP = 76;
/** Where the bars begin, how long one is that uses its budget up, and where one is cut off that exceeds it by far. */
const BARS_AT = 590;
const BUDGET_LENGTH = 200;
const MAX_SHARE = 1.5;
const WIDTH = 1_070;

const STYLE = `
    text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328 }
    .title { font-size: 15px; font-weight: 600 }
    .small { font-size: 12px; fill: #59636e }
    .name { text-anchor: end }
    .page { fill: #f6f8fa; stroke: #d1d9e0 }
    .bar { fill: #54aeff }
    .missed { fill: #e16f24 }
    .missed-text { font-weight: 600 }
    .budget { stroke: #1f2328; stroke-width: 1.5; stroke-dasharray: 4 3 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .small { fill: #9198a1 }
      .page { fill: #151b23; stroke: #3d444d }
      .bar { fill: #1f6feb }
      .missed { fill: #db6d28 }
      .budget { stroke: #f0f6fc }
    }`;

/** Draws the rows that have a budget, each as the share of its budget that it uses: a bar that ends before the line meets it. */
export function plotOf({ date, node, cores, rows }: BenchReport): string {
  const bars = rows.flatMap((row) => (row.budget === null ? [] : [{ ...row, budget: row.budget }]));
  const height = TOP + bars.length * ROW_HEIGHT + 16;
  const budgetAt = BARS_AT + BUDGET_LENGTH;
  const title = 'Ratios of npm run bench against their budgets';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">
  <title id="title">${title}</title>
  <style>${STYLE}
  </style>
  <rect class="page" x="1" y="1" width="${WIDTH - 2}" height="${height - 2}" rx="10" />
  <text class="title" x="20" y="28">${title}</text>
  <text class="small" x="20" y="48">${date}, Node ${node}, ${cores} cores. A shorter bar is better; the line is the budget, and bars end at ${MAX_SHARE} times it.</text>
  <text class="small" x="${budgetAt}" y="${TOP - 10}" text-anchor="middle">budget</text>
${bars.map(barOf).join('\n')}
  <line class="budget" x1="${budgetAt}" y1="${TOP - 4}" x2="${budgetAt}" y2="${height - 12}" />
</svg>
`;
}

function barOf({ name, ratio, budget }: BenchRow & { budget: Budget }, index: number): string {
  const share = Math.min(MAX_SHARE, shareOf(ratio, budget));
  const length = (share * BUDGET_LENGTH).toFixed(1);
  const y = TOP + index * ROW_HEIGHT;
  const [bar, text, verdict] = isMet(ratio, budget) ? ['bar', 'met-text', ''] : ['missed', 'missed-text', ', missed'];
  const figure = `${ratio.toFixed(2)} (${textOf(budget)})${verdict}`;
  return `  <text class="name" x="${BARS_AT - 10}" y="${y + 16}">${escaped(name)}</text>
  <rect class="${bar}" x="${BARS_AT}" y="${y + 4}" width="${length}" height="${ROW_HEIGHT - 8}" rx="2" />
  <text class="${text}" x="${BARS_AT + MAX_SHARE * BUDGET_LENGTH + 10}" y="${y + 16}">${figure}</text>`;
}

/** 1 is a budget that is used up, and less is better, in whichever direction the budget goes. */
function shareOf(ratio: number, budget: Budget): number {
  return 'atMost' in budget ? ratio / budget.atMost : budget.atLeast / ratio;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
