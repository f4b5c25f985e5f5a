import { Fragment, type ReactElement, type ReactNode } from 'react';
import { type MarkedToken, type Token } from 'marked';
import { decodeEntities } from './entities.js';
import { safeAddress } from './safe-address.js';

/** Text with emphasis, code and links. HTML is shown as it was written. */
export function Inline({ tokens }: { tokens: Token[] }): ReactElement[] {
  return tokens.map((token, index) => <Fragment key={index}>{inlineNode(token as MarkedToken)}</Fragment>);
}

function inlineNode(token: MarkedToken): ReactNode {
  switch (token.type) {
    case 'strong':
      return (
        <strong>
          <Inline tokens={token.tokens} />
        </strong>
      );
    case 'em':
      return (
        <em>
          <Inline tokens={token.tokens} />
        </em>
      );
    case 'del':
      return (
        <del>
          <Inline tokens={token.tokens} />
        </del>
      );
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'checkbox':
      return <input type="checkbox" checked={token.checked} readOnly disabled aria-label="Done" />;
    case 'link':
      return (
        <Link address={token.href} title={token.title} raw={token.raw}>
          <Inline tokens={token.tokens} />
        </Link>
      );
    case 'image':
      return (
        <Link address={token.href} title={token.title} raw={token.raw}>
          {`Image: ${token.text || token.href}`}
        </Link>
      );
    case 'escape':
      return token.text;
    case 'text':
      return token.tokens ? <Inline tokens={token.tokens} /> : decodeEntities(token.text);
    default:
      return token.raw;
  }
}

interface LinkProps {
  address: string;
  title: string | null | undefined;
  raw: string;
  children: ReactNode;
}

/** A link to another site; an address that a browser may run is shown as it was written. */
function Link({ address, title, raw, children }: LinkProps): ReactNode {
  const href = safeAddress(address);
  if (href === undefined) return raw;
  return (
    <a href={href} title={title ?? undefined} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
