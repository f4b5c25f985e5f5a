import { type ReactElement, useState } from 'react';

const SHOWN_MS = 2_000;

/** Code with its language and a button that copies it. */
export function CodeBlock({ code, language }: { code: string; language: string }): ReactElement {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(code);
    setCopied(true);
    setTimeout(() => {
      setCopied(false);
    }, SHOWN_MS);
  };
  return (
    <figure className="code">
      <figcaption>
        <span>{language || 'code'}</span>
        <button type="button" className="quiet" onClick={() => void copy()}>
          {isCopied ? 'Copied' : 'Copy'}
        </button>
      </figcaption>
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
    </figure>
  );
}
