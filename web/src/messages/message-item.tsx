import { memo, type ReactElement } from 'react';
import { type ChatMessage } from '../server/server.interface.js';
import { type MessageActions } from './message-actions.interface.js';
import { MessagePart } from './message-part.js';

interface MessageItemProps {
  message: ChatMessage;
  /** Whether the answer is being written now. */
  isGrowing: boolean;
  /** Whether the chat takes a decision now. */
  isIdle: boolean;
  actions: MessageActions;
}

/** A message of the chat with the decisions that it waits for. */
export const MessageItem = memo(({ message, isGrowing, isIdle, actions }: MessageItemProps): ReactElement => {
  const isOwn = message.role === 'user';
  const name = isOwn ? 'You' : (message.metadata?.model ?? 'Answer');
  return (
    <li>
      <article className={`message ${message.role}`} aria-label={isOwn ? 'Your message' : `Answer of ${name}`}>
        <p className="author">{name}</p>
        {message.parts.map((part, index) => (
          <MessagePart
            key={index}
            part={part}
            isOwn={isOwn}
            isGrowing={isGrowing && index === message.parts.length - 1}
            isIdle={isIdle}
            decide={actions.decide}
          />
        ))}
      </article>
    </li>
  );
});
