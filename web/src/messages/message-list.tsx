import { type ReactElement, useLayoutEffect, useRef } from 'react';
import { type ChatMessage } from '../server/server.interface.js';
import { type MessageActions } from './message-actions.interface.js';
import { MessageItem } from './message-item.js';

interface MessageListProps {
  messages: ChatMessage[];
  isBusy: boolean;
  actions: MessageActions;
}

/** How near to its end, in pixels, a reader counts as following the answer. */
const NEAR_PX = 80;

/** All messages; the list stays at its end while the reader is there. */
export function MessageList({ messages, isBusy, actions }: MessageListProps): ReactElement {
  const list = useRef<HTMLDivElement>(null);
  const isFollowing = useRef(true);
  useLayoutEffect(() => {
    if (isFollowing.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [messages]);
  return (
    <div
      className="messages"
      ref={list}
      tabIndex={0}
      role="region"
      aria-label="Messages"
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        isFollowing.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      }}
    >
      <ol>
        {messages.map((message, index) => (
          <MessageItem
            key={message.id}
            message={message}
            isGrowing={isBusy && index === messages.length - 1 && message.role === 'assistant'}
            isIdle={!isBusy}
            actions={actions}
          />
        ))}
      </ol>
    </div>
  );
}
