import { type ReactElement } from 'react';
import { isToolUIPart } from 'ai';
import { Markdown } from '../markdown/markdown.js';
import { safeAddress } from '../markdown/safe-address.js';
import { type ChatMessage } from '../server/server.interface.js';
import { FilePart } from './file-part.js';
import { type MessageActions } from './message-actions.interface.js';
import { Reasoning } from './reasoning.js';
import { ToolCall } from './tool-call.js';

interface MessagePartProps {
  part: ChatMessage['parts'][number];
  isOwn: boolean;
  isGrowing: boolean;
  isIdle: boolean;
  decide: MessageActions['decide'];
}

/** A part of a message. What only the client of the AI SDK needs, such as the beginning of a step, shows nothing. */
export function MessagePart({ part, isOwn, isGrowing, isIdle, decide }: MessagePartProps): ReactElement | null {
  if (isToolUIPart(part)) return <ToolCall part={part} isIdle={isIdle} decide={decide} />;
  switch (part.type) {
    case 'text':
      if (isOwn) return <p className="verbatim">{part.text}</p>;
      return <Markdown text={part.text} isGrowing={isGrowing} />;
    case 'reasoning':
      return <Reasoning text={part.text} isGrowing={isGrowing} />;
    case 'file':
      return <FilePart url={part.url} mediaType={part.mediaType} filename={part.filename} />;
    case 'source-url': {
      const address = safeAddress(part.url);
      return (
        <p className="source">
          Source:{' '}
          {address === undefined ? (
            part.url
          ) : (
            <a href={address} target="_blank" rel="noopener noreferrer">
              {part.title ?? part.url}
            </a>
          )}
        </p>
      );
    }
    case 'source-document':
      return <p className="source">Source: {part.title}</p>;
    default:
      return null;
  }
}
