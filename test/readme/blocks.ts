import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The root of the project. */
export const root = join(import.meta.dirname, '../..');

/** The folder of the programs that the pages quote. */
export const snippetFolder = join(import.meta.dirname, 'snippets');

/** A fenced block of a page. */
export interface Block {
  language: string;
  text: string;
}

/** A page of the documentation: the README, or a file of `docs/`. */
export interface Page {
  name: string;
  text: string;
  /** In order. */
  blocks: Block[];
}

/** All pages; the README comes first. */
export const pages: Page[] = ['README.md', ...markdownOf('docs')].map((path) => {
  const text = readFileSync(join(root, path), 'utf8');
  const blocks = [...text.matchAll(/^```(.*)\n([^]*?)\n```$/gm)].map(([, language = '', block = '']) => ({
    language,
    text: block,
  }));
  return { name: basename(path), text, blocks };
});

/** The programs that the pages quote, whole or without their beginning, by the names of their files. */
export const snippets = new Map(
  readdirSync(snippetFolder).map((name) => [name, readFileSync(join(snippetFolder, name), 'utf8').trimEnd()]),
);

/** The names of the programs that end with the text. */
export function snippetsOf(text: string): string[] {
  return [...snippets].filter(([, source]) => `\n${source}`.endsWith(`\n${text}`)).map(([name]) => name);
}

/** @throws Error when there is no such page */
export function pageOf(name: string): Page {
  const page = pages.find((one) => one.name === name);
  if (page === undefined) throw new Error(`There is no page ${name}`);
  return page;
}

/** The text of a page from a heading on. */
export function sectionOf(page: string, heading: string): string {
  const { text } = pageOf(page);
  const [, section] = text.split(new RegExp(`^#+ ${heading}$`, 'm'));
  if (section === undefined) throw new Error(`${page} has no heading ${heading}`);
  return section;
}

/** The cells of the rows of the first table below a heading, without the row of its own headings. */
export function tableRows(page: string, heading: string): string[][] {
  const section = sectionOf(page, heading);
  const table = section.slice(section.search(/^\| /m));
  const lines = table.slice(0, table.search(/\n(?!\|)/)).split('\n');
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

function markdownOf(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}
