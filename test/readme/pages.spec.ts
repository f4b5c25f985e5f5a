import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { pageOf, pages, root } from './blocks.js';

const MAX_README_BYTES = 8_192;
/** What fits a screen; a cell of a table may make its line longer. */
const MAX_LINE = 120;
const MAX_CELL = 130;

/** What no person writes, and folders of tools. */
const NO_PAGES = /^(node_modules|dist|coverage|fixtures|\.(?!github$).*)$/;

/** All Markdown of the project, by its path from the root. */
const documents = new Map(markdownBelow(root).map((path) => [relative(root, path), readFileSync(path, 'utf8')]));

const prose = (text: string): string => text.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');

describe('The links of the documentation', () => {
  it('are checked in the README, the CHANGELOG and docs/', () => {
    expect([...documents.keys()]).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/chats.md']));
  });

  it.each([...documents])('lead from %s only to existing files and headings', (path, text) => {
    const links = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !/^(https|mailto):/.test(link) && !exists(path, link))).toEqual([]);
  });

  it('lead from the README to every page', () => {
    const linked = [...pageOf('README.md').text.matchAll(/\]\(docs\/([\w-]+\.md)/g)].map(([, name]) => name);
    expect([...new Set(linked)].sort()).toEqual(
      pages
        .map(({ name }) => name)
        .filter((name) => name !== 'README.md')
        .sort(),
    );
  });
});

describe('The form of the documentation', () => {
  it('limits the README to 8 KB', () => {
    expect(statSync(join(root, 'README.md')).size).toBeLessThanOrEqual(MAX_README_BYTES);
  });

  it.each([...documents])('has in %s tables without padding and lines that fit a screen', (_path, text) => {
    const lines = text.replace(/^```[^]*?^```$/gm, '').split('\n');
    const rows = lines.filter((line) => line.startsWith('|'));
    expect(rows.filter((row) => /\S {2,}\||\| {2,}\S|----/.test(row))).toEqual([]);
    const cells = rows.flatMap((row) => row.split(/(?<!\\)\|/));
    expect(cells.filter((cell) => cell.length > MAX_CELL)).toEqual([]);
    const others = lines.filter((line) => !line.startsWith('|') && line.length > MAX_LINE);
    expect(others.filter((line) => / .* /.test(line.trimStart().replace(/^- /, '')))).toEqual([]);
  });
});

it.each(['docs/architecture.md', 'CONTRIBUTING.md'])('%s names only existing files and folders', (path) => {
  const text = documents.get(path) ?? '';
  const named = [...text.matchAll(/`((?:src|test|docs|migrations)\/[\w./-]*)`/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !existsSync(join(root, name)))).toEqual([]);
});

it('architecture.md names only functions that their files have', () => {
  const named = [...pageOf('architecture.md').text.matchAll(/`(src\/[\w./-]+\.ts)`\s+\(`(\w+)`/g)];
  expect(named.length).toBeGreaterThan(4);
  const missing = named.filter(
    ([, path = '', name = '']) => !readFileSync(join(root, path), 'utf8').includes(`${name}(`),
  );
  expect(missing.map(([text]) => text)).toEqual([]);
});

/** Whether the file, and the heading in it, exists that a document links to. */
function exists(from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : join(dirname(from), path);
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || anchorsOf(documents.get(target) ?? '').includes(anchor);
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  const headings = text.replace(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm);
  const seen = new Map<string, number>();
  return [...headings].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

function markdownBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NO_PAGES.test(entry.name) ? [] : markdownBelow(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}
