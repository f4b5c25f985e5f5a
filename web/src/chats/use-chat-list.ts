import { useCallback, useEffect, useState } from 'react';
import { callServer } from '../server/call-server.js';
import { type ChatSummary, type Page } from '../server/server.interface.js';

const PAGE_SIZE = 30;

/** The chats that have been read so far. */
export interface ChatList {
  items: ChatSummary[];
  hasMore: boolean;
  isLoading: boolean;
  error: unknown;
  loadMore: () => void;
  /** Reads the newest chats again; those of later pages stay. */
  refresh: () => void;
}

interface State {
  items: ChatSummary[];
  /** Undefined before the first page, null after the last. */
  cursor: string | null | undefined;
  isLoading: boolean;
  error?: unknown;
}

/** The chats of the owner, read page by page. */
export function useChatList(): ChatList {
  const [{ items, cursor, isLoading, error }, setState] = useState<State>({
    items: [],
    cursor: undefined,
    isLoading: true,
  });
  const load = useCallback(async (after: string | undefined) => {
    setState((before) => ({ ...before, isLoading: true, error: undefined }));
    try {
      const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(after !== undefined && { cursor: after }) });
      const page = await callServer<Page<ChatSummary>>('GET', `/chats?${query}`);
      setState((before) => merge(before, page, after));
    } catch (reason) {
      setState((before) => ({ ...before, isLoading: false, error: reason }));
    }
  }, []);
  const refresh = useCallback(() => void load(undefined), [load]);
  useEffect(refresh, [refresh]);
  return {
    items,
    hasMore: typeof cursor === 'string',
    isLoading,
    error,
    loadMore: () => void load(cursor ?? undefined),
    refresh,
  };
}

function merge(before: State, { items, nextCursor }: Page<ChatSummary>, after: string | undefined): State {
  if (after !== undefined) return { items: [...before.items, ...items], cursor: nextCursor, isLoading: false };
  const ids = new Set(items.map(({ id }) => id));
  const others = before.items.filter(({ id }) => !ids.has(id));
  return {
    items: [...items, ...others],
    cursor: others.length > 0 ? before.cursor : nextCursor,
    isLoading: false,
  };
}
