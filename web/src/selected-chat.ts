/** The id of the chat that the address names; null for a new one. A reload stays in the chat. */
export function selectedChat(): string | null {
  return /^#\/chats\/([\w-]+)$/.exec(location.hash)?.[1] ?? null;
}

/** Calls back whenever the address names another chat, for `useSyncExternalStore`. */
export function subscribeToAddress(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange);
  return () => {
    window.removeEventListener('hashchange', onChange);
  };
}
