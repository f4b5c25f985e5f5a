import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the project. */
export const root = join(import.meta.dirname, '../..');

/** The folder of the programs that the README quotes. */
export const snippetFolder = join(import.meta.dirname, 'snippets');

export const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** A fenced block of the README. */
export interface Block {
  language: string;
  text: string;
}

/** All blocks in order. */
export const blocks: Block[] = [...readme.matchAll(/^```(.*)\n([^]*?)\n```$/gm)].map(
  ([, language = '', text = '']) => ({
    language,
    text,
  }),
);

/** The programs that the README quotes, whole or without their beginning, by the names of their files. */
export const snippets = new Map(
  readdirSync(snippetFolder).map((name) => [name, readFileSync(join(snippetFolder, name), 'utf8').trimEnd()]),
);

/** The names of the programs that end with the text. */
export function snippetsOf(text: string): string[] {
  return [...snippets].filter(([, source]) => `\n${source}`.endsWith(`\n${text}`)).map(([name]) => name);
}

/** The cells of the rows of the table below a heading, its own head left out. */
export function tableRows(heading: string, head: string): string[][] {
  const section = readme.slice(readme.indexOf(`\n## ${heading}\n`) + 1);
  const table = section.slice(section.search(new RegExp(`^\\| ${head} `, 'm')));
  const lines = table.slice(0, table.search(/\n(?!\|)/)).split('\n');
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
