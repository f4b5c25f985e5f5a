import { type ReactElement } from 'react';
import { Markdown } from '../markdown/markdown.js';

/** What the model thought, folded. Nothing where the model does not show it. */
export function Reasoning({ text, isGrowing }: { text: string; isGrowing: boolean }): ReactElement | null {
  if (text === '') return null;
  return (
    <details className="reasoning">
      <summary>{isGrowing ? 'Thinking…' : 'Reasoning'}</summary>
      <Markdown text={text} isGrowing={isGrowing} />
    </details>
  );
}
