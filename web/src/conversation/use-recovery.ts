import { useCallback, useEffect, useRef } from 'react';
import { type Chat } from '@ai-sdk/react';
import { textOf } from '../messages/text-of.js';
import { callServer } from '../server/call-server.js';
import { isConnectionLost } from '../server/problem.js';
import { type ChatMessage } from '../server/server.interface.js';

/** The pauses between attempts to reach the server again, in milliseconds; the last one repeats. */
const PAUSES_MS = [500, 1_000, 2_000, 5_000];

/**
 * Takes a chat up again: after a lost connection, when the network comes back, and when the browser shows a page again
 * that it had kept aside. A page that is kept aside would receive its stream unseen, so it closes it.
 * @returns takes the chat up at once, and asks again where the last question has no answer
 */
export function useRecovery(chat: Chat<ChatMessage>, api: string): () => void {
  const attempts = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const isLeft = useRef(false);

  const recover = useCallback(() => {
    clearTimeout(timer.current);
    takeUp(chat, `${api}/${chat.id}/messages`).then(
      () => {
        attempts.current = 0;
      },
      (error: unknown) => {
        if (!isConnectionLost(error) || isLeft.current) return;
        timer.current = setTimeout(recover, PAUSES_MS[attempts.current] ?? PAUSES_MS.at(-1));
        attempts.current += 1;
      },
    );
  }, [chat, api]);

  useEffect(() => {
    isLeft.current = false;
    const lost = chat['~registerErrorCallback'](() => {
      if (isConnectionLost(chat.error)) timer.current = setTimeout(recover, PAUSES_MS[0]);
    });
    const onPageHide = (): void => {
      clearTimeout(timer.current);
      void chat.stop();
    };
    const onPageShow = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) recover();
    };
    const onOnline = (): void => {
      if (chat.status === 'error') recover();
    };
    window.addEventListener('pagehide', onPageHide);
    window.addEventListener('pageshow', onPageShow);
    window.addEventListener('online', onOnline);
    return () => {
      isLeft.current = true;
      clearTimeout(timer.current);
      lost();
      window.removeEventListener('pagehide', onPageHide);
      window.removeEventListener('pageshow', onPageShow);
      window.removeEventListener('online', onOnline);
    };
  }, [chat, recover]);
  return useCallback(() => {
    takeUp(chat, `${api}/${chat.id}/messages`).then(
      () => (chat.status === 'ready' && chat.lastMessage?.role === 'user' ? chat.regenerate() : undefined),
      recover,
    );
  }, [chat, api, recover]);
}

/** Shows what the server has stored, sends a message again that it never got, and follows the answer under way. */
async function takeUp(chat: Chat<ChatMessage>, path: string): Promise<void> {
  const stored = await callServer<ChatMessage[]>('GET', path);
  const last = chat.lastMessage;
  chat.clearError();
  chat.messages = stored;
  if (last?.role === 'user' && !hasMessage(stored, last)) await chat.sendMessage(last);
  else await chat.resumeStream();
}

function hasMessage(stored: ChatMessage[], message: ChatMessage): boolean {
  const asked = stored.findLast(({ role }) => role === 'user');
  return stored.some(({ id }) => id === message.id) || (asked !== undefined && textOf(asked) === textOf(message));
}
