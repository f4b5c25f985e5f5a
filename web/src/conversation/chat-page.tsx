import { type ReactElement, useCallback, useEffect, useRef } from 'react';
import { ModelPicker } from '../chats/model-picker.js';
import { callServer } from '../server/call-server.js';
import { explain } from '../server/problem.js';
import { type ChatMessage, type ChatSummary, type ChatUsage, type ModelSummary } from '../server/server.interface.js';
import { useServerData } from '../server/use-server-data.js';
import { ConversationView } from './conversation-view.js';
import { UsageLine } from './usage-line.js';

interface ChatPageProps {
  id: string;
  models: ModelSummary[];
  onAnswered: () => void;
}

/** A chat: its model, its usage and its messages, which are read before the chat is shown. */
export function ChatPage({ id, models, onAnswered }: ChatPageProps): ReactElement {
  const chat = useServerData<ChatSummary>(`/chats/${id}`);
  const messages = useServerData<ChatMessage[]>(`/api/chat/${id}/messages`);
  const usage = useServerData<ChatUsage>(`/chats/${id}/usage`);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, []);
  const { reload: reloadUsage } = usage;
  const onEnd = useCallback(() => {
    reloadUsage();
    onAnswered();
  }, [reloadUsage, onAnswered]);
  const isLoaded = chat.data !== undefined && messages.data !== undefined;
  const error = isLoaded ? undefined : (chat.error ?? messages.error);
  if (error !== undefined) {
    return (
      <div className="failure" role="alert">
        <p>{explain(error)}</p>
        <button
          type="button"
          onClick={() => {
            chat.reload();
            messages.reload();
          }}
        >
          Try again
        </button>
      </div>
    );
  }
  if (chat.data === undefined || messages.data === undefined) return <p role="status">Loading the chat…</p>;
  const choose = async (model: string): Promise<void> => {
    await callServer('PATCH', `/chats/${id}`, { model });
    chat.reload();
  };
  return (
    <>
      <header className="chat-head">
        <h1 ref={heading} tabIndex={-1}>
          {chat.data.title ?? 'Chat'}
        </h1>
        <ModelPicker models={models} value={chat.data.model} onChoose={choose} />
        {usage.data && <UsageLine usage={usage.data} />}
      </header>
      <ConversationView
        id={id}
        stored={messages.data}
        model={models.find((model) => model.id === chat.data?.model)}
        onAnswered={onEnd}
      />
    </>
  );
}
