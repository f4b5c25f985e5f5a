import { useCallback, useEffect, useMemo, useState } from 'react';
import { Chat, useChat } from '@ai-sdk/react';
import { type ChatStatus, DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai';
import { type MessageActions } from '../messages/message-actions.interface.js';
import { callServer, fetchFromServer } from '../server/call-server.js';
import { type ChatMessage, type NewMessage } from '../server/server.interface.js';
import { finishNotice } from './finish-notice.js';
import { takeFirstMessage } from './first-messages.js';
import { useRecovery } from './use-recovery.js';

const API = '/api/chat';
/** How often the page renders while deltas come, in milliseconds. */
const RENDER_MS = 50;

/** A chat as it is shown and worked with. */
export interface Conversation {
  messages: ChatMessage[];
  status: ChatStatus;
  error: Error | undefined;
  /** What there is to say about how the last answer ended; undefined where it simply ended. */
  notice: string | undefined;
  actions: MessageActions;
  send: (message: NewMessage) => void;
  stop: () => void;
  /** Takes up the answer that is being written, or asks again for one that has failed. */
  retry: () => void;
}

/**
 * A chat of the server. It sends the message that created it, else it takes up the answer that is being written,
 * and again whenever the page or the network comes back.
 */
export function useConversation(id: string, stored: ChatMessage[], onAnswered: () => void): Conversation {
  const [notice, setNotice] = useState<string>();
  const [chat] = useState(
    () =>
      new Chat<ChatMessage>({
        id,
        messages: stored,
        transport: new DefaultChatTransport({ api: API, fetch: fetchFromServer }),
        sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
        onFinish: (end) => {
          setNotice(finishNotice(end));
          onAnswered();
        },
      }),
  );
  const { messages, status, error } = useChat({ chat, throttle: RENDER_MS });

  useEffect(() => {
    const first = takeFirstMessage(id);
    void (first === undefined ? chat.resumeStream() : chat.sendMessage(first));
    return () => void chat.stop();
  }, [chat, id]);

  const retry = useRecovery(chat, API);
  const actions = useMemo<MessageActions>(
    () => ({
      edit: (messageId, text) => {
        const message = chat.messages.find((each) => each.id === messageId);
        const files = message?.parts.filter((part) => part.type === 'file') ?? [];
        void chat.sendMessage({ text, messageId, ...(files.length > 0 && { files }) });
      },
      regenerate: (messageId) => void chat.regenerate({ messageId }),
      decide: (approvalId, isApproved, reason) =>
        void chat.addToolApprovalResponse({ id: approvalId, approved: isApproved, reason }),
    }),
    [chat],
  );
  const send = useCallback(
    (message: NewMessage) => {
      setNotice(undefined);
      void chat.sendMessage(message);
    },
    [chat],
  );
  const stop = useCallback(() => {
    const activeStreamId = chat.lastMessage?.metadata?.runId;
    // The server ends the stream with what was written so far. Where it cannot be asked, the page stops listening.
    callServer('POST', `${API}/${id}/stop`, { ...(activeStreamId !== undefined && { activeStreamId }) }).catch(() =>
      chat.stop(),
    );
  }, [chat, id]);
  return { messages, status, error, notice, actions, send, stop, retry };
}
