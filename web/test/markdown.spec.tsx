import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JSDOM } from 'jsdom';
import { renderToStaticMarkup } from 'react-dom/server';
import { GrowingDocument } from '../src/markdown/growing-document.js';
import { Markdown } from '../src/markdown/markdown.js';

/** What a browser makes of the text. */
function shown(text: string): Element {
  const html = renderToStaticMarkup(<Markdown text={text} isGrowing={false} />);
  return new JSDOM(html).window.document.body;
}

/** What a person reads, with spaces between blocks left out. */
function read(text: string): string {
  return shown(text).textContent.replaceAll(/\s+/g, ' ').trim();
}

describe('Markdown of an answer', () => {
  it('shows a comparison and a generic type', () => {
    expect(read('if a<b and Map<string> then')).toBe('if a<b and Map<string> then');
  });

  it('shows HTML as text, and makes no element of it', () => {
    const hostile =
      '<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> and <b onclick="x">bold</b>\n\n<!-- note -->';
    const page = shown(hostile);
    expect(page.querySelector('script, img, b')).toBeNull();
    expect(page.textContent).toContain('<script>alert(1)</script>');
    expect(page.textContent).toContain('<img src=x onerror=alert(1)> and <b onclick="x">bold</b>');
    expect(page.textContent).toContain('<!-- note -->');
  });

  it('links only to addresses that run nothing, and shows the others as they were written', () => {
    const page = shown('[good](https://example.org/a) [bad](javascript:alert(1)) [worse](data:text/html,x)');
    expect([...page.querySelectorAll('a')].map((link) => link.getAttribute('href'))).toEqual(['https://example.org/a']);
    expect(page.querySelector('a')?.getAttribute('rel')).toBe('noopener noreferrer');
    expect(page.textContent).toContain('[bad](javascript:alert(1))');
    expect(page.textContent).toContain('[worse](data:text/html,x)');
  });

  it('fetches no image, and links to it', () => {
    const page = shown('![a cat](https://example.org/cat.png)');
    expect(page.querySelector('img')).toBeNull();
    expect(page.querySelector('a')?.textContent).toBe('Image: a cat');
  });

  it('shows headings, lists, tables, quotes, code and emphasis', () => {
    const page = shown(
      '# Title\n\n3. three\n4. four\n\n- [x] done\n\n| a | b |\n| - | -: |\n| 1 | 2 |\n\n> quote\n\n```ts\nlet a: Map<string>;\n```\n\n**bold** *slant* ~~gone~~ `code`',
    );
    expect(page.querySelector('h3')?.textContent).toBe('Title');
    expect(page.querySelector('ol')?.getAttribute('start')).toBe('3');
    expect(page.querySelector('input')?.hasAttribute('checked')).toBe(true);
    expect([...page.querySelectorAll('th, td')].map((cell) => cell.textContent)).toEqual(['a', 'b', '1', '2']);
    expect(page.querySelector('blockquote')?.textContent).toBe('quote');
    expect([page.querySelector('figcaption span')?.textContent, page.querySelector('pre')?.textContent]).toEqual([
      'ts',
      'let a: Map<string>;',
    ]);
    expect(['strong', 'em', 'del', 'p code'].map((name) => page.querySelector(name)?.textContent)).toEqual([
      'bold',
      'slant',
      'gone',
      'code',
    ]);
  });

  it('shows code whose end has not come yet', () => {
    expect(shown('```ts\nlet a').querySelector('pre')?.textContent).toBe('let a');
  });

  it('shows cells for which a table has no column', () => {
    expect(read('| a |\n| - |\n| 1 | 2 |')).toContain('2');
  });

  it('reads entities as the signs that they name', () => {
    expect(read('a &lt; b &amp;&#38; c &#x3e; d &unknown;')).toBe('a < b && c > d &unknown;');
    expect(read('`&lt;`')).toBe('&lt;');
  });

  it('loses no word of any text', () => {
    const pieces = [
      '<',
      '>',
      '&',
      '</div>',
      '<!--',
      '-->',
      '<a href="',
      '`',
      '```',
      '*',
      '_',
      '#',
      '|',
      '\n',
      '\n\n',
      ' ',
    ];
    const word = fc.stringMatching(/^[a-z]{3,6}$/);
    const text = fc.array(fc.oneof(word, fc.constantFrom(...pieces)), { maxLength: 30 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, (written) => {
        const visible = read(written);
        const missing = (written.match(/[a-z]{3,}/g) ?? []).filter((each) => !visible.includes(each));
        expect(missing).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('A text that is being written', () => {
  const answer = [
    'Some text\nwith a [link][a] and `code`.',
    '```ts\nconst a = 1;\n\nconst b = 2;\n```',
    '- one\n\n- two\n  more',
    '> quote\nlazy',
    '| a | b |\n| - | - |\n| 1 | 2 |',
    'Title\n---',
    '[a]: https://example.org',
    '<div>\n\nafter </div>',
    'The end.',
  ].join('\n\n');

  it('has the same blocks as the whole text, at every cut', () => {
    const growing = new GrowingDocument();
    for (let end = 1; end <= answer.length; end += 1) {
      const cut = answer.slice(0, end);
      const raw = growing.read(cut, true).map((token) => [token.type, token.raw]);
      expect([cut, raw]).toEqual([cut, new GrowingDocument().read(cut, false).map((token) => [token.type, token.raw])]);
    }
  });

  it('is read again at its end only', () => {
    const growing = new GrowingDocument();
    const before = growing.read(answer, true);
    const after = growing.read(`${answer} More.`, true);
    const same = after.filter((token, index) => token === before[index]);
    expect(same.length).toBeGreaterThan(after.length / 2);
  });

  it('becomes another text without a trace of the first', () => {
    const growing = new GrowingDocument();
    growing.read(answer, true);
    expect(growing.read('Other\n\ntext', true).map(({ raw }) => raw)).toEqual(['Other', '\n\n', 'text']);
  });
});
