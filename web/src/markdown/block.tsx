import { type ReactElement } from 'react';
import { type MarkedToken, type Token, type Tokens } from 'marked';
import { CodeBlock } from './code-block.js';
import { Inline } from './inline.js';
import { hasMoreCells, Table } from './table.js';

/** A block of Markdown. What has no form of its own, HTML and definitions of links too, is shown as it was written. */
export function Block({ token }: { token: Token }): ReactElement | null {
  const block = token as MarkedToken;
  switch (block.type) {
    case 'space':
      return null;
    case 'heading': {
      // The headings of the page come above those of an answer.
      const Heading = `h${Math.min(block.depth + 2, 6)}` as 'h3';
      return (
        <Heading>
          <Inline tokens={block.tokens} />
        </Heading>
      );
    }
    case 'code':
      return <CodeBlock code={block.text} language={block.lang ?? ''} />;
    case 'blockquote':
      return (
        <blockquote>
          <Blocks tokens={block.tokens} />
        </blockquote>
      );
    case 'list':
      return <List list={block} />;
    case 'table':
      return hasMoreCells(block) ? <p className="verbatim">{block.raw}</p> : <Table table={block} />;
    case 'hr':
      return <hr />;
    case 'paragraph':
      return (
        <p>
          <Inline tokens={block.tokens} />
        </p>
      );
    case 'text':
    case 'checkbox':
      return <Inline tokens={[block]} />;
    default:
      return <p className="verbatim">{block.raw}</p>;
  }
}

function Blocks({ tokens }: { tokens: Token[] }): ReactElement[] {
  return tokens.map((token, index) => <Block key={index} token={token} />);
}

function List({ list }: { list: Tokens.List }): ReactElement {
  const items = list.items.map((item, index) => (
    <li key={index} className={item.task ? 'task' : undefined}>
      <Blocks tokens={item.tokens} />
    </li>
  ));
  return list.ordered ? <ol start={Number(list.start)}>{items}</ol> : <ul>{items}</ul>;
}
