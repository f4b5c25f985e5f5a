import { type ReactElement } from 'react';
import { Composer } from '../composer/composer.js';
import { MessageList } from '../messages/message-list.js';
import { textOf } from '../messages/text-of.js';
import { explain } from '../server/problem.js';
import { type ChatMessage, type ModelSummary } from '../server/server.interface.js';
import { useConversation } from './use-conversation.js';

interface ConversationViewProps {
  id: string;
  stored: ChatMessage[];
  model: ModelSummary | undefined;
  onAnswered: () => void;
}

/** The messages of a chat, with what is said about the last answer and the form for the next message. */
export function ConversationView({ id, stored, model, onAnswered }: ConversationViewProps): ReactElement {
  const conversation = useConversation(id, stored, onAnswered);
  const { messages, status, error, notice, actions, send, stop, retry } = conversation;
  const isBusy = status === 'submitted' || status === 'streaming';
  return (
    <>
      <MessageList messages={messages} isBusy={isBusy} actions={actions} />
      <p className="visually-hidden" role="status" aria-live="polite">
        {announcement(status, messages)}
      </p>
      {error && (
        <div className="failure" role="alert">
          <p>{explain(error)}</p>
          <button type="button" onClick={retry}>
            Try again
          </button>
        </div>
      )}
      {notice !== undefined && !error && !isBusy && (
        <p className="notice" role="status">
          {notice}
        </p>
      )}
      <Composer model={model} isBusy={isBusy} onSend={send} onStop={stop} />
    </>
  );
}

/** What a screen reader says: that an answer is being written, and the answer once it is complete. */
function announcement(status: string, messages: ChatMessage[]): string {
  if (status === 'submitted' || status === 'streaming') return 'The answer is being written.';
  const last = messages.at(-1);
  if (status !== 'ready' || last?.role !== 'assistant') return '';
  const waits = last.parts.some((part) => 'state' in part && part.state === 'approval-requested');
  return waits ? 'A tool call waits for your decision.' : `Answer: ${textOf(last)}`;
}
