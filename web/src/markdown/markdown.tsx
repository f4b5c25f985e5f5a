import { memo, type ReactElement, useState } from 'react';
import { type Token } from 'marked';
import { Block } from './block.js';
import { GrowingDocument } from './growing-document.js';

/**
 * Shows Markdown, complete or still being written. HTML is shown as the text that it is, never rendered, and nothing is
 * fetched: images become links. Blocks that have not changed are neither read nor rendered again.
 */
export function Markdown({ text, isGrowing }: { text: string; isGrowing: boolean }): ReactElement {
  const [document] = useState(() => new GrowingDocument());
  const tokens = document.read(text, isGrowing);
  return (
    <div className="markdown">
      {tokens.map((token, index) => (
        <StableBlock key={index} token={token} definitions={document.definitions} />
      ))}
    </div>
  );
}

const StableBlock = memo(
  ({ token }: { token: Token; definitions: number }) => <Block token={token} />,
  (before, after) => before.token.raw === after.token.raw && before.definitions === after.definitions,
);
