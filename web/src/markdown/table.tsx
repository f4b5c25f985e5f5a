import { type ReactElement } from 'react';
import { type Tokens } from 'marked';
import { Inline } from './inline.js';

/** A table, which scrolls by itself where it is wider than the page. */
export function Table({ table }: { table: Tokens.Table }): ReactElement {
  return (
    <div className="scroll" role="region" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {table.header.map((cell, index) => (
              <th key={index} scope="col" className={cell.align ?? undefined}>
                <Inline tokens={cell.tokens} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => (
                <td key={place} className={cell.align ?? undefined}>
                  <Inline tokens={cell.tokens} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whether a row has more cells than the table has columns: Markdown leaves those out. */
export function hasMoreCells({ raw, header }: Tokens.Table): boolean {
  const cells = (line: string): number =>
    line
      .trim()
      .replace(/^\|/, '')
      .replace(/(?<!\\)\|$/, '')
      .split(/(?<!\\)\|/).length;
  return raw
    .trim()
    .split('\n')
    .some((line) => cells(line) > header.length);
}
