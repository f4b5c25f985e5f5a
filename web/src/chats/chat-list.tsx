import { type ReactElement } from 'react';
import { explain } from '../server/problem.js';
import { type ChatList as Chats } from './use-chat-list.js';

interface ChatListProps {
  chats: Chats;
  selected: string | null;
}

/** The chats, newest first, a page at a time. */
export function ChatList({ chats, selected }: ChatListProps): ReactElement {
  const { items, hasMore, isLoading, error, loadMore } = chats;
  return (
    <nav aria-label="Chats">
      <ul>
        {items.map(({ id, title }) => (
          <li key={id}>
            <a href={`#/chats/${id}`} aria-current={id === selected ? 'page' : undefined}>
              {title ?? 'Chat'}
            </a>
          </li>
        ))}
      </ul>
      {error !== undefined && (
        <p className="failure" role="alert">
          {explain(error)}
        </p>
      )}
      {hasMore && (
        <button type="button" className="quiet" disabled={isLoading} onClick={loadMore}>
          {isLoading ? 'Loading…' : 'Show more chats'}
        </button>
      )}
      {!hasMore && items.length === 0 && !isLoading && error === undefined && <p className="hint">No chats yet.</p>}
    </nav>
  );
}
